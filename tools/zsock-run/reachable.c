// SPDX-License-Identifier: GPL-2.0
/*
 * Will the dynamic linker load our library into this program, and will the
 * program call what is in there?
 *
 * Not into a static program, not into one of another machine or C library, and
 * not into one that gains privileges by being started; and programs in Go make
 * system calls by themselves. Those would run, on AF_INET, without a word: so
 * they are looked for beforehand.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "zsock-run.h"

#define SCRIPT_DEPTH	5	/* more interpreters than the kernel follows */

enum kind { DYNAMIC, STATIC, GO, FOREIGN, SCRIPT, UNREADABLE };

/* What the start of a file tells. @detail: a linker, or a script's first line. */
struct image {
	enum kind kind;
	char detail[PATH_MAX];
};

static int read_at(int fd, void *buf, size_t size, off_t at)
{
	return pread(fd, buf, size, at) == (ssize_t)size ? 0 : -1;
}

/*
 * Go's linker leaves a note: of the owner "Go", and the type 4. As all notes, it
 * is made of words, and texts that are padded to words.
 */
static int has_go_note(int fd, const ElfW(Phdr) *ph)
{
	unsigned char notes[4096];
	size_t size = ph->p_filesz < sizeof(notes) ? ph->p_filesz :
						     sizeof(notes);
	ElfW(Nhdr) note;
	size_t at = 0;

	if (read_at(fd, notes, size, ph->p_offset))
		return 0;
	while (size - at >= sizeof(note) + 4) {
		memcpy(&note, notes + at, sizeof(note));
		at += sizeof(note);
		if (note.n_type == 4 && note.n_namesz == 4 &&
		    !memcmp(notes + at, "Go\0", 4))
			return 1;
		if (note.n_namesz > size || note.n_descsz > size)
			return 0;
		at += (note.n_namesz + 3) & ~3U;
		at += (note.n_descsz + 3) & ~3U;
		if (at > size)
			return 0;
	}
	return 0;
}

static void look_at_elf(int fd, struct image *img)
{
	ElfW(Ehdr) eh;
	ElfW(Phdr) ph;
	int i, go = 0;

	img->kind = UNREADABLE;
	if (read_at(fd, &eh, sizeof(eh), 0))
		return;
	img->kind = STATIC;
	for (i = 0; i < eh.e_phnum; i++) {
		if (read_at(fd, &ph, sizeof(ph), eh.e_phoff + i * sizeof(ph)))
			return;
		if (ph.p_type == PT_NOTE)
			go |= has_go_note(fd, &ph);
		if (ph.p_type != PT_INTERP)
			continue;
		if (ph.p_filesz < 2 || ph.p_filesz > sizeof(img->detail) ||
		    read_at(fd, img->detail, ph.p_filesz, ph.p_offset))
			return;
		img->detail[ph.p_filesz - 1] = '\0';
		img->kind = DYNAMIC;
	}
	if (go)
		img->kind = GO;
}

/* The class and the machine are at the same place in every ELF file. */
static int same_machine(const unsigned char *head)
{
	static const unsigned char class =
		sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
	static unsigned char self[EI_NIDENT + 4];
	int fd;

	if (!self[0]) {
		fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
		if (fd < 0 || read_at(fd, self, sizeof(self), 0))
			memcpy(self, head, sizeof(self));	/* no /proc */
		if (fd >= 0)
			close(fd);
	}
	return head[EI_CLASS] == class &&
	       !memcmp(head + EI_NIDENT + 2, self + EI_NIDENT + 2, 2);
}

static void look_at(const char *path, struct image *img)
{
	unsigned char head[256];
	ssize_t len;
	int fd;

	img->kind = UNREADABLE;
	img->detail[0] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	len = read(fd, head, sizeof(head) - 1);
	if (len >= EI_NIDENT + 4 && !memcmp(head, ELFMAG, SELFMAG)) {
		if (same_machine(head))
			look_at_elf(fd, img);
		else
			img->kind = FOREIGN;
	} else if (len >= 0) {
		head[len] = '\0';
		img->kind = SCRIPT;
		/* Without "#!", execvp() hands a file to the shell. */
		snprintf(img->detail, sizeof(img->detail), "%s",
			 len > 2 && !memcmp(head, "#!", 2) ?
			 (char *)head + 2 : "/bin/sh");
		img->detail[strcspn(img->detail, "\n")] = '\0';
	}
	close(fd);
}

/*
 * The program that a script's first line names; for "/usr/bin/env NAME" what
 * env will find, as far as that can be told.
 */
static int interpreter(char *line, char *path, size_t size)
{
	char *save, *word = strtok_r(line, " \t\r", &save);
	char *arg = word ? strtok_r(NULL, " \t\r", &save) : NULL;
	const char *base;

	if (!word)
		return -1;
	base = strrchr(word, '/');
	base = base ? base + 1 : word;
	if (!strcmp(base, "env") && arg && *arg != '-' && !strchr(arg, '='))
		return find_program(arg, path, size) ? -1 : 0;
	return (size_t)snprintf(path, size, "%s", word) < size ? 0 : -1;
}

/* Started by the same dynamic linker as we: so of the same C library. */
static int same_linker(const char *linker, char *why, size_t size)
{
	static struct image self;
	const char *ours, *theirs;

	look_at("/proc/self/exe", &self);
	if (self.kind != DYNAMIC)
		return 1;		/* nothing to compare with */
	ours = strrchr(self.detail, '/');
	theirs = strrchr(linker, '/');
	if (!ours || !theirs || !strcmp(ours, theirs))
		return 1;
	snprintf(why, size, "is linked against another C library (%.80s), into which LD_PRELOAD cannot bring zsock-run's",
		 linker);
	return 0;
}

/*
 * The linker ignores LD_PRELOAD where a program runs with more rights; and under
 * a filter that we may set, it does not get them.
 */
static int gains_rights(const char *path, char *why, size_t size)
{
	const char *what = NULL;
	struct statvfs fs;
	struct stat st;

	if (stat(path, &st) || statvfs(path, &fs) || fs.f_flag & ST_NOSUID)
		return 0;
	if (st.st_mode & S_ISUID && st.st_uid != getuid())
		what = "set-user-ID";
	else if (st.st_mode & S_ISGID && st.st_mode & S_IXGRP &&
		 st.st_gid != getgid())
		what = "set-group-ID";
	else if (getuid() && getxattr(path, "security.capability", NULL, 0) > 0)
		what = "given file capabilities";
	if (!what)
		return 0;
	snprintf(why, size, "is %s, so that LD_PRELOAD is ignored, and --seccomp would take that from it",
		 what);
	return 1;
}

static enum reach judge(const struct image *img, const char *path, char *why,
			size_t size)
{
	*why = '\0';
	if (img->kind != SCRIPT && img->kind != UNREADABLE &&
	    gains_rights(path, why, size))
		return OUT_OF_REACH;
	switch (img->kind) {
	case STATIC:
		snprintf(why, size, "is statically linked, so that LD_PRELOAD has no effect");
		break;
	case GO:
		snprintf(why, size, "is written in Go, and so makes system calls past LD_PRELOAD");
		break;
	case FOREIGN:
		snprintf(why, size, "is built for another kind of machine than zsock-run's library");
		break;
	case DYNAMIC:
		same_linker(img->detail, why, size);
		break;
	default:
		break;
	}
	return *why ? BY_SECCOMP : BY_PRELOAD;
}

/**
 * reachable() - how can a program's calls of socket() be reached?
 * @path: the program, or a script
 * @why: unless by LD_PRELOAD, the reason, to be put after the program's name
 * @size: of @why
 *
 * What cannot be told (an unreadable program) is taken for yes to LD_PRELOAD.
 */
enum reach reachable(const char *path, char *why, size_t size)
{
	static struct image img;
	char next[PATH_MAX];
	char inner[256];
	enum reach reach;
	int depth;

	for (depth = 0; depth < SCRIPT_DEPTH; depth++) {
		look_at(path, &img);
		if (img.kind != SCRIPT)
			break;
		if (interpreter(img.detail, next, sizeof(next))) {
			*why = '\0';
			return BY_PRELOAD;
		}
		path = next;
	}
	reach = judge(&img, path, inner, sizeof(inner));
	if (depth && *inner)	/* a script: it is the interpreter that is meant */
		snprintf(why, size, "is run by %s, which %s", path, inner);
	else
		snprintf(why, size, "%s", inner);
	return reach;
}
