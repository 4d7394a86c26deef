/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ZSOCKCTL_PROCS_H
#define ZSOCKCTL_PROCS_H

/* A descriptor of some process that is a socket. */
struct holder {
	unsigned long inode;
	int pid;
	int fd;
	char name[32];
};

void holders_scan(void);
const struct holder *holders_of(unsigned long inode, int *count);

#endif /* ZSOCKCTL_PROCS_H */
