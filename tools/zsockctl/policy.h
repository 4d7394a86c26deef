/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ZSOCKCTL_POLICY_H
#define ZSOCKCTL_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* policy_show.c */
int policy_list(void);

/* cgroup.c */
int cgroup_id(const char *path, uint64_t *id);
bool cgroup_path(uint64_t id, char *path, size_t size);

#endif /* ZSOCKCTL_POLICY_H */
