/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file system for SQLite that fails where it is told: the system's own, but that it counts each
 * write, truncation, sync and deletion, and dies or fails at the n-th. Syncs are not passed on:
 * no test here cuts the power, and they are what takes the time.
 */
#ifndef WRIT_TESTS_FAULT_VFS_H
#define WRIT_TESTS_FAULT_VFS_H

#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum fault {
	FAULT_NONE,
	FAULT_KILL,	 /* before it is done */
	FAULT_KILL_HALF, /* with half of the bytes written; of a sync or deletion: after it */
	FAULT_FULL,	 /* this write and all that follow: no space; the first writes its half */
	FAULT_IO,	 /* this one alone: I/O error; a write has written its half */
	FAULT_READ,	 /* the n-th read: I/O error */
};

static struct {
	enum fault fault;
	long at; /* 1: the next one */
	long operations;
	long reads;
	long failed;
} fault;

struct fault_file {
	sqlite3_file base;
	sqlite3_file *real; /* behind this struct */
};

static sqlite3_vfs fault_vfs;
static sqlite3_vfs *fault_real;

static void fault_set(enum fault what, long at)
{
	fault.fault = what;
	fault.at = at;
	fault.operations = fault.reads = fault.failed = 0;
}

/* Counts one operation; its fault, if it is to have one. */
static enum fault fault_now(void)
{
	long n = ++fault.operations;
	bool now = fault.fault == FAULT_FULL ? n >= fault.at : n == fault.at;

	if (fault.fault == FAULT_NONE || fault.fault == FAULT_READ || !now)
		return FAULT_NONE;
	fault.failed++;
	if (fault.fault == FAULT_KILL)
		(void)kill(getpid(), SIGKILL);
	return fault.fault;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
	return ((struct fault_file *)file)->real;
}

static int fault_close(sqlite3_file *file)
{
	return real_of(file)->pMethods->xClose(real_of(file));
}

static int fault_read(sqlite3_file *file, void *bytes, int n, sqlite3_int64 at)
{
	if (++fault.reads == fault.at && fault.fault == FAULT_READ) {
		fault.failed++;
		return SQLITE_IOERR_READ;
	}
	return real_of(file)->pMethods->xRead(real_of(file), bytes, n, at);
}

static int fault_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
	sqlite3_file *real = real_of(file);
	enum fault now = fault_now();

	if (now == FAULT_NONE)
		return real->pMethods->xWrite(real, bytes, n, at);
	if (now != FAULT_FULL || fault.failed == 1)
		(void)real->pMethods->xWrite(real, bytes, n / 2, at);
	if (now == FAULT_KILL_HALF)
		(void)kill(getpid(), SIGKILL);
	return now == FAULT_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int fault_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	sqlite3_file *real = real_of(file);
	enum fault now = fault_now();
	int code;

	if (now == FAULT_IO)
		return SQLITE_IOERR_TRUNCATE;
	code = real->pMethods->xTruncate(real, size);
	if (now == FAULT_KILL_HALF)
		(void)kill(getpid(), SIGKILL);
	return code;
}

static int fault_sync(sqlite3_file *file, int flags)
{
	enum fault now = fault_now();

	(void)file;
	(void)flags;
	if (now == FAULT_KILL_HALF)
		(void)kill(getpid(), SIGKILL);
	return now == FAULT_IO ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int fault_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), ret_size);
}

static int fault_lock(sqlite3_file *file, int lock)
{
	return real_of(file)->pMethods->xLock(real_of(file), lock);
}

static int fault_unlock(sqlite3_file *file, int lock)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), lock);
}

static int fault_reserved(sqlite3_file *file, int *ret_is)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret_is);
}

static int fault_control(sqlite3_file *file, int what, void *argument)
{
	return real_of(file)->pMethods->xFileControl(real_of(file), what, argument);
}

static int fault_sector(sqlite3_file *file)
{
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int fault_device(sqlite3_file *file)
{
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int fault_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret)
{
	return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, ret);
}

static int fault_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void fault_shm_barrier(sqlite3_file *file)
{
	real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int fault_shm_unmap(sqlite3_file *file, int delete_it)
{
	return real_of(file)->pMethods->xShmUnmap(real_of(file), delete_it);
}

static const sqlite3_io_methods fault_methods = {
	.iVersion = 2, /* no mmap: every byte comes through here */
	.xClose = fault_close,
	.xRead = fault_read,
	.xWrite = fault_write,
	.xTruncate = fault_truncate,
	.xSync = fault_sync,
	.xFileSize = fault_size,
	.xLock = fault_lock,
	.xUnlock = fault_unlock,
	.xCheckReservedLock = fault_reserved,
	.xFileControl = fault_control,
	.xSectorSize = fault_sector,
	.xDeviceCharacteristics = fault_device,
	.xShmMap = fault_shm_map,
	.xShmLock = fault_shm_lock,
	.xShmBarrier = fault_shm_barrier,
	.xShmUnmap = fault_shm_unmap,
};

static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
		      int *ret_flags)
{
	struct fault_file *ours = (struct fault_file *)file;
	int code;

	(void)vfs;
	ours->base.pMethods = NULL;
	ours->real = (sqlite3_file *)(ours + 1);
	code = fault_real->xOpen(fault_real, name, ours->real, flags, ret_flags);
	if (ours->real->pMethods)
		ours->base.pMethods = &fault_methods;
	return code;
}

static int fault_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	enum fault now = fault_now();
	int code;

	(void)vfs;
	if (now == FAULT_IO)
		return SQLITE_IOERR_DELETE;
	code = fault_real->xDelete(fault_real, name, sync);
	if (now == FAULT_KILL_HALF)
		(void)kill(getpid(), SIGKILL);
	return code;
}

/* What is opened from here on goes through it. */
static int fault_install(void)
{
	if (fault_real)
		return 0;
	fault_real = sqlite3_vfs_find(NULL);
	fault_vfs = *fault_real;
	fault_vfs.zName = "fault";
	fault_vfs.szOsFile = (int)sizeof(struct fault_file) + fault_real->szOsFile;
	fault_vfs.xOpen = fault_open;
	fault_vfs.xDelete = fault_delete;
	return sqlite3_vfs_register(&fault_vfs, 1);
}

#endif
