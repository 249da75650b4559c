// Has the kernel back the runtime's tables in few steps, before the runtime fills them.
//
// NativeAOT unpacks its type tables into 4 MB of zeroed memory at each start, and the kernel gives that a page of 4 KiB at a
// time, each by a fault: half of all faults until the first answer. Where memory is virtualized a fault is dear (16 us under
// the hypervisor on which docs/performance.md was measured: a fifth of the time to the first answer). All of it is written
// in any case, so asking for it in one call, in huge pages where they fit, costs no memory. What a kernel can't do it
// refuses, and the faults come as ever. This is C because no managed code runs before the tables are there.

#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 // Linux 5.14; older headers don't name it.
#endif

// Set by the linker: the part of the program's data that begins as zeroes.
extern char __bss_start[], _end[];

__attribute__((constructor)) static void back_tables(void)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t from = (uintptr_t)__bss_start & ~(page - 1);
    const uintptr_t to = ((uintptr_t)_end + page - 1) & ~(page - 1);
    madvise((void *)from, to - from, MADV_HUGEPAGE);
    madvise((void *)from, to - from, MADV_POPULATE_WRITE);
}
