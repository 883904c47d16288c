package io.weir.memory.census;

import io.weir.memory.probe.PageMap;
import java.io.IOException;

/**
 * A moving window on the words of a process. It reads resident pages only: reading any other would
 * map a page of zeros there, or bring it in from swap or file, and so change what is counted. Reads
 * ahead while the reading goes on in order.
 */
final class Window {
  /** 256 KiB: a system call costs little beside copying as much. */
  static final int WORDS_MAX = 1 << 15;

  /** Pages whose entries are held by a window that walks; with pages of 4 KiB, 16 MiB. */
  private static final int PAGES_HELD = 4096;

  /** The same where the reading jumps. */
  private static final int PAGES_HELD_SMALL = 64;

  private final RemoteMemory memory;
  private final long pageMask;
  private final int pageShift;
  private final int aheadMaxPages;
  private final long[] entries;
  private long entriesPage = -1;
  private int aheadPages = 1;

  /** What is loaded: {@code count} words from {@code base}. */
  final long[] words;

  long base;
  int count;

  Window(RemoteMemory memory, int wordsMax) {
    this.memory = memory;
    this.pageShift = Integer.numberOfTrailingZeros(memory.pageBytes());
    this.pageMask = memory.pageBytes() - 1L;
    int pageWords = memory.pageBytes() / Long.BYTES;
    // Two pages at least: a structure may lie across a border.
    this.aheadMaxPages = Math.max(2, wordsMax / pageWords);
    this.entries = new long[wordsMax < WORDS_MAX ? PAGES_HELD_SMALL : PAGES_HELD];
    this.words = new long[aheadMaxPages * pageWords];
  }

  int pageBytes() {
    return (int) pageMask + 1;
  }

  /** Forgets all that was seen. */
  void forget() {
    count = 0;
    entriesPage = -1;
  }

  /** Forgets the words, not which pages are resident. */
  void forgetWords() {
    count = 0;
  }

  /** The index in {@link #words} of the word at {@code address}, with {@code need} words after. */
  int at(long address, int need) throws IOException, HeapChangedException {
    long i = (address - base) >> 3;
    if (address < base || i + need > count) {
      load(address, need);
      i = (address - base) >> 3;
    }
    return (int) i;
  }

  /** One word. */
  long word(long address) throws IOException, HeapChangedException {
    return words[at(address, 1)];
  }

  /** Loads the pages of {@code need} words from {@code address}, and some after them. */
  void load(long address, int need) throws IOException, HeapChangedException {
    long last = address + (long) need * Long.BYTES - 1;
    if ((address & 7) != 0 || address < 0 || last < address) {
      throw new HeapChangedException("no address of a word");
    }
    long from = address & ~pageMask;
    boolean inOrder = count > 0 && from >= base && from <= base + (long) count * 8 + pageMask;
    aheadPages = inOrder ? Math.min(aheadPages * 2, aheadMaxPages) : 1;
    long firstPage = from >> pageShift;
    long needed = (last >> pageShift) - firstPage + 1;
    if (needed << pageShift > (long) words.length * Long.BYTES) {
      throw new HeapChangedException("more than a window");
    }
    for (long page = firstPage; page < firstPage + needed; page++) {
      mustBeResident(page);
    }
    int pages = (int) needed;
    while (pages < Math.min(aheadPages, words.length >> (pageShift - 3))
        && PageMap.isResident(entry(firstPage + pages))) {
      pages++;
    }
    count = 0;
    memory.words(from, words, pages << (pageShift - 3));
    base = from;
    count = pages << (pageShift - 3);
  }

  private void mustBeResident(long page) throws IOException, HeapChangedException {
    long entry = entry(page);
    if (PageMap.isSwapped(entry)) {
      throw HeapChangedException.swapped();
    }
    if (!PageMap.isResident(entry)) {
      throw new HeapChangedException("a page with chunk headers is not there");
    }
  }

  boolean isResident(long address) throws IOException {
    return PageMap.isResident(entry(address >> pageShift));
  }

  /** Resident bytes of whole pages; both ends are multiples of the page size. */
  long residentBytes(long from, long to) throws IOException {
    long pages = 0;
    for (long page = from >> pageShift; page < to >> pageShift; page++) {
      if (PageMap.isResident(entry(page))) {
        pages++;
      }
    }
    return pages << pageShift;
  }

  private long entry(long page) throws IOException {
    long i = page - entriesPage;
    if (entriesPage < 0 || i < 0 || i >= entries.length) {
      entriesPage = -1;
      memory.pages(page << pageShift, entries, entries.length);
      entriesPage = page;
      i = 0;
    }
    return entries[(int) i];
  }
}
