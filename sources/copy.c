/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A copy of a dump with some memory changed: written under a temporary name beside its place,
 * complete or not at all.
 */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source_private.h"

/* The one copy under way; a signal handler unlinks it. */
static char temporary[4096];
static volatile int temporary_exists;

void pw_source_abort_copy(void)
{
	if (temporary_exists)
		unlink(temporary);
}

static int write_all(int fd, const unsigned char *p, uint64_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len > (1u << 30) ? (1u << 30) : (size_t)len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (uint64_t)n;
	}
	return 0;
}

/* Before anything is written: is each patch inside the dump? */
static int check_patches(struct pw_source *s, const char *path, const struct pw_patch *patches,
			 size_t nr, struct pw_source_error *err)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (pw_source_bytes(s, patches[i].pa, patches[i].len))
			continue;
		pw_source_explain(err,
				  "%s: physical address 0x%llx and %llu bytes: not in one segment "
				  "of %s",
				  path, (unsigned long long)patches[i].pa,
				  (unsigned long long)patches[i].len, s->path);
		return -EFAULT;
	}
	return 0;
}

static int write_patch(struct pw_source *s, int fd, const struct pw_patch *patch)
{
	const unsigned char *place = pw_source_bytes(s, patch->pa, patch->len);

	if (lseek(fd, (off_t)(place - s->data), SEEK_SET) < 0)
		return -errno;
	return write_all(fd, patch->bytes, patch->len);
}

/* The system calls it a bad address when the mapping reaches beyond the file by now. */
static int write_source(struct pw_source *s, int fd)
{
	int r = write_all(fd, s->data, s->size);

	return r == -EFAULT ? -EIO : r;
}

static int check_place(const struct pw_source *s, const char *path, bool overwrite,
		       struct pw_source_error *err)
{
	struct stat st;

	if (stat(path, &st)) {
		if (errno == ENOENT)
			return 0;
		pw_source_explain(err, "%s: %s", path, strerror(errno));
		return -errno;
	}
	if (st.st_dev == s->dev && st.st_ino == s->ino) {
		pw_source_explain(err, "%s: is the source itself; choose another file", path);
		return -EINVAL;
	}
	if (!S_ISREG(st.st_mode)) {
		pw_source_explain(err, "%s: not a regular file", path);
		return -EINVAL;
	}
	if (overwrite)
		return 0;
	pw_source_explain(err, "%s: exists already; --force replaces it", path);
	return -EEXIST;
}

/*
 * Give the complete file its name. Without leave to overwrite nothing is replaced, not even a file
 * that came into being meanwhile. Some file systems have no hard links (FAT), some no such rename.
 */
static int publish(const char *path, bool overwrite)
{
	if (overwrite)
		return rename(temporary, path) ? -errno : 0;
	if (!renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (link(temporary, path))
		return -errno;
	unlink(temporary);
	return 0;
}

int pw_source_write_copy(struct pw_source *s, const char *path, bool overwrite,
			 const struct pw_patch *patches, size_t nr, struct pw_source_error *err)
{
	int fd, r;
	mode_t mask;
	size_t i;

	if (!pw_source_can_copy(s)) {
		pw_source_explain(err, "%s: no changed copy of a %s can be written", s->path,
				  pw_source_kind(s));
		return -EOPNOTSUPP;
	}
	r = check_place(s, path, overwrite, err);

	if (!r)
		r = check_patches(s, path, patches, nr, err);
	if (r)
		return r;
	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary)) {
		pw_source_explain(err, "%s: the name is too long", path);
		return -ENAMETOOLONG;
	}
	fd = mkstemp(temporary);
	if (fd < 0) {
		r = -errno;
		pw_source_explain(err, "%s: cannot create: %s", path, strerror(errno));
		return r;
	}
	temporary_exists = 1;
	mask = umask(0);
	umask(mask);
	if (fchmod(fd, 0666 & ~mask))
		r = -errno;
	if (!r)
		r = write_source(s, fd);
	for (i = 0; i < nr && !r; i++)
		r = write_patch(s, fd, &patches[i]);
	if (!r && fsync(fd))
		r = -errno;
	if (close(fd) && !r)
		r = -errno;
	if (!r)
		r = publish(path, overwrite);
	if (r) {
		unlink(temporary);
		pw_source_explain(err, "%s: cannot write: %s", path, strerror(-r));
	}
	temporary_exists = 0;
	return r;
}
