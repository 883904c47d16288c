package io.weir.memory.census;

/**
 * One arena. All bytes.
 *
 * @param address of its malloc_state
 * @param main is it the one that grows by brk?
 * @param heaps mappings that it consists of
 * @param systemBytes got from the kernel (system_mem)
 * @param liveBytes chunks handed out and not freed, headers included, tcache and fastbins not
 * @param freeChunkBytes free chunks in bins
 * @param fastbinBytes free chunks that look in use, in fastbins
 * @param tcacheBytes free chunks that look in use, in threads' caches; -1 where this glibc's cache
 *     could not be read, and then they are in {@code liveBytes}
 * @param topBytes the free end
 * @param trimmableBytes resident bytes that malloc_trim(0) would give back; the top counts in the
 *     main arena only
 */
public record ArenaCensus(
    long address,
    boolean main,
    int heaps,
    long systemBytes,
    long liveBytes,
    long freeChunkBytes,
    long fastbinBytes,
    long tcacheBytes,
    long topBytes,
    long trimmableBytes) {
  /** Freed but still malloc's. */
  public long freeBytes() {
    return freeChunkBytes + fastbinBytes + Math.max(0, tcacheBytes) + topBytes;
  }
}
