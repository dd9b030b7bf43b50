"""Place the arrays of a program in memory, where Brian2 asks for each by itself.

Arrays of more than 128 KB then begin at the same place of a page each, so that what a loop reads of one cell
shares a few places of the cache; and none begins on a cache line, so that every second vector is on two (with
vectors of 512 bits, every one).
"""

import re
from pathlib import Path

NEW = re.compile(r"= new (\w+)\[(\d+)\];")
DELETE = re.compile(r"delete \[\] \w+;")
PLACE = """\
#include <cstdint>
#include <new>
#include <stdlib.h>
#include <sys/mman.h>

// One array behind the other, to the end of the program: each begins on a cache line, five lines further on
// in its page than the one before. Numbers by themselves are side by side.
static void *_place(size_t bytes)
{
    const size_t line = 64, page = 4096, block = 2 << 20;
    static uintptr_t next = 0, end = 0, arrays = 0;
    const bool small = bytes < 16*line;
    const uintptr_t start = small ? 0 : 5*line*arrays++;
    uintptr_t here = next + (start - next) % (small ? 16 : page);
    if (here + bytes > end) {
        void *fresh = nullptr;
        const size_t size = (bytes + page + block - 1)/block*block;
        if (posix_memalign(&fresh, block, size) != 0)
            throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
        madvise(fresh, size, MADV_HUGEPAGE);
#endif
        next = uintptr_t(fresh);
        end = next + size;
        here = next + (start - next) % (small ? 16 : page);
    }
    next = here + bytes;
    return reinterpret_cast<void *>(here);
}

// What is there for each synapse, and grows, begins on a cache line too.
void *operator new(size_t bytes)
{
    const bool small = bytes < 4096;
    void *here = small ? malloc(bytes) : nullptr;
    if (small ? !here : posix_memalign(&here, 64, bytes) != 0)
        throw std::bad_alloc();
    return here;
}

void operator delete(void *here) noexcept { free(here); }

"""


def place(objects: Path) -> None:
    """Let the program take the place for its arrays from blocks of 2 MB, and keep it."""
    text = DELETE.sub("", NEW.sub(r"= static_cast<\1*>(_place(\2*sizeof(\1)));", objects.read_text()))
    objects.write_text(PLACE + text)
