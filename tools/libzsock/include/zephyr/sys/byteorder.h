/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* Bytes in an order of one's choosing. */
#ifndef _ZSOCK_ZEPHYR_SYS_BYTEORDER_H
#define _ZSOCK_ZEPHYR_SYS_BYTEORDER_H

#include <endian.h>
#include <string.h>
#include <zephyr/types.h>

#define sys_cpu_to_be16(x)	htobe16(x)
#define sys_cpu_to_be32(x)	htobe32(x)
#define sys_cpu_to_be64(x)	htobe64(x)
#define sys_cpu_to_le16(x)	htole16(x)
#define sys_cpu_to_le32(x)	htole32(x)
#define sys_cpu_to_le64(x)	htole64(x)
#define sys_be16_to_cpu(x)	be16toh(x)
#define sys_be32_to_cpu(x)	be32toh(x)
#define sys_be64_to_cpu(x)	be64toh(x)
#define sys_le16_to_cpu(x)	le16toh(x)
#define sys_le32_to_cpu(x)	le32toh(x)
#define sys_le64_to_cpu(x)	le64toh(x)

#define ZSK_GET_PUT(order, bits)					\
	static inline uint##bits##_t sys_get_##order##bits(const uint8_t src[])	\
	{								\
		uint##bits##_t value;					\
									\
		memcpy(&value, src, sizeof(value));			\
		return order##bits##toh(value);				\
	}								\
	static inline void sys_put_##order##bits(uint##bits##_t value,	\
						 uint8_t dst[])		\
	{								\
		value = hto##order##bits(value);			\
		memcpy(dst, &value, sizeof(value));			\
	}

ZSK_GET_PUT(be, 16)
ZSK_GET_PUT(be, 32)
ZSK_GET_PUT(be, 64)
ZSK_GET_PUT(le, 16)
ZSK_GET_PUT(le, 32)
ZSK_GET_PUT(le, 64)
#undef ZSK_GET_PUT

#endif
