// SPDX-License-Identifier: GPL-2.0
/*
 * A program without a C library, as one in Go is: it makes its system calls by
 * itself. Built for x86-64 and for i386; the word that it is given chooses how.
 *
 *	raw64 socket | x32 | int80 | int80call
 *	raw32 socket | socketcall | bad
 *
 * Prints which sockets are AF_ZSOCK ones, as "probe kinds" does.
 */
#define AF_UNIX		1
#define AF_INET		2
#define AF_INET6	10
#define SOCK_STREAM	1
#define SOCK_DGRAM	2
#define SOL_ZSOCK	0x7a73
#define ZSOCK_BACKEND	1

#define SYS_SOCKET	1
#define SYS_GETSOCKOPT	15

static char text[256];
static int used;

static void put(const char *s)
{
	while (*s)
		text[used++] = *s++;
}

static void put_number(int n)
{
	char digits[12];
	int i = 0;

	do {
		digits[i++] = '0' + n % 10;
		n /= 10;
	} while (n);
	while (i)
		text[used++] = digits[--i];
}

/* i386's way, which 64-bit programs have as well, for what lies below 4 GiB. */
static int int80(int nr, int a, int b, int c, int d, int e)
{
	int ret;

	asm volatile("int $0x80"
		     : "=a"(ret)
		     : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
		     : "memory");
	return ret;
}

static int int80_socket(int domain, int type)
{
	return int80(359, domain, type, 0, 0, 0);
}

static int int80_socketcall(int domain, int type)
{
	static int args[3];

	args[0] = domain;
	args[1] = type;
	return int80(102, SYS_SOCKET, (int)(long)args, 0, 0, 0);
}

static int bad_socketcall(int domain, int type)
{
	(void)domain;
	(void)type;
	return int80(102, SYS_SOCKET, 16, 0, 0, 0);
}

#ifdef __x86_64__
static long native(long nr, long a, long b, long c, long d, long e)
{
	register long r10 asm("r10") = d;
	register long r8 asm("r8") = e;
	long ret;

	asm volatile("syscall"
		     : "=a"(ret)
		     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
		     : "rcx", "r11", "memory");
	return ret;
}

static int native_socket(int domain, int type)
{
	/* The upper half of an int's register is anything. */
	return native(41, 0x7700000000L | domain, 0x5500000000L | type, 0, 0, 0);
}

static int x32_socket(int domain, int type)
{
	return native(0x40000029, domain, type, 0, 0, 0);
}

static int read_backend(int fd, char *name, int *len)
{
	return native(55, fd, SOL_ZSOCK, ZSOCK_BACKEND, (long)name, (long)len);
}

#define WRITE(s, n)	native(1, 1, (long)(s), n, 0, 0)
#define CLOSE(fd)	native(3, fd, 0, 0, 0, 0)
#define EXIT(n)		native(231, n, 0, 0, 0, 0)
#else
#define native_socket	int80_socket
#define x32_socket	int80_socket

static int read_backend(int fd, char *name, int *len)
{
	int args[5] = { fd, SOL_ZSOCK, ZSOCK_BACKEND, (int)name, (int)len };

	return int80(102, SYS_GETSOCKOPT, (int)args, 0, 0, 0);
}

#define WRITE(s, n)	int80(4, 1, (int)(s), n, 0, 0)
#define CLOSE(fd)	int80(6, fd, 0, 0, 0, 0)
#define EXIT(n)		int80(252, n, 0, 0, 0, 0)
#endif

static int same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static void kind(const char *name, int fd)
{
	static char backend[16];
	static int len;

	len = sizeof(backend);
	put(name);
	if (fd < 0) {
		put("=E");
		put_number(-fd);
		return;
	}
	put(read_backend(fd, backend, &len) ? "=inet" : "=zsock");
	CLOSE(fd);
}

__attribute__((used))
void begin(long *stack)
{
	const char *how = stack[0] > 1 ? (const char *)stack[2] : "";
	int (*make)(int domain, int type) = native_socket;

	if (same(how, "x32"))
		make = x32_socket;
	else if (same(how, "int80"))
		make = int80_socket;
	else if (same(how, "int80call") || same(how, "socketcall"))
		make = int80_socketcall;
	else if (same(how, "bad"))
		make = bad_socketcall;
	put("kinds:");
	kind(" stream4", make(AF_INET, SOCK_STREAM));
	kind(" dgram4", make(AF_INET, SOCK_DGRAM));
	kind(" stream6", make(AF_INET6, SOCK_STREAM));
	kind(" dgram6", make(AF_INET6, SOCK_DGRAM));
	kind(" unix", make(AF_UNIX, SOCK_STREAM));
	put("\n");
	WRITE(text, used);
	EXIT(0);
}

#ifdef __x86_64__
asm(".globl _start\n_start: mov %rsp, %rdi\nand $-16, %rsp\ncall begin\n");
#else
asm(".globl _start\n_start: mov %esp, %eax\nand $-16, %esp\nsub $12, %esp\npush %eax\ncall begin\n");
#endif
