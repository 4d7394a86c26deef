// SPDX-License-Identifier: GPL-2.0
/*
 * Control groups: the kernel knows them by number, people by path.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "policy.h"
#include "zsockctl.h"

/* In a file handle of a cgroup: the number, and nothing else. */
#define FILEID_KERNFS	0xfe

/* Where cgroup2 is mounted, without a slash at the end; false if nowhere. */
static bool mount_point(char *dir, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	const struct mntent *m;
	bool found = false;

	while (mounts && !found && (m = getmntent(mounts))) {
		if (strcmp(m->mnt_type, "cgroup2"))
			continue;
		snprintf(dir, size, "%s", m->mnt_dir);
		found = true;
	}
	if (mounts)
		endmntent(mounts);
	return found;
}

static bool id_of(const char *path, uint64_t *id)
{
	struct statfs fs;
	struct stat st;

	if (statfs(path, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC ||
	    stat(path, &st) || !S_ISDIR(st.st_mode))
		return false;
	*id = st.st_ino;
	return true;
}

/* A directory below where cgroup2 is mounted, in full or from there on. */
int cgroup_id(const char *path, uint64_t *id)
{
	char full[PATH_MAX], dir[PATH_MAX / 2];

	if (id_of(path, id))
		return EXIT_OK;
	if (mount_point(dir, sizeof(dir)) &&
	    snprintf(full, sizeof(full), "%s/%s", dir, path) < (int)sizeof(full) &&
	    id_of(full, id))
		return EXIT_OK;
	fprintf(stderr, "zsockctl: policy: \"%s\" is no cgroup (of version 2)\n",
		path);
	return EXIT_USAGE;
}

static int open_id(const char *dir, uint64_t id)
{
	struct file_handle *handle = malloc(sizeof(*handle) + sizeof(id));
	int mount = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = -1;

	if (handle && mount >= 0) {
		handle->handle_bytes = sizeof(id);
		handle->handle_type = FILEID_KERNFS;
		memcpy(handle->f_handle, &id, sizeof(id));
		fd = open_by_handle_at(mount, handle, O_PATH | O_CLOEXEC);
	}
	if (mount >= 0)
		close(mount);
	free(handle);
	return fd;
}

/* As from the mount point on; false for a group that is gone, or not root. */
bool cgroup_path(uint64_t id, char *path, size_t size)
{
	char dir[PATH_MAX / 2], link[40], full[PATH_MAX];
	ssize_t len = -1;
	int fd;

	if (!mount_point(dir, sizeof(dir)))
		return false;
	fd = open_id(dir, id);
	if (fd < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, full, sizeof(full) - 1);
	close(fd);
	if (len < 0)
		return false;
	full[len] = '\0';
	if (strncmp(full, dir, strlen(dir)) || strstr(full, " (deleted)"))
		return false;
	snprintf(path, size, "%s", full[strlen(dir)] ? full + strlen(dir) : "/");
	return true;
}
