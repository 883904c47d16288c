package io.weir.memory.probe;

import java.util.List;
import java.util.Map;

/**
 * What a JVM tells of itself. All bytes; -1 where it was not told.
 *
 * @param version such as {@code 25.0.1+8}
 * @param collector such as {@code Serial}, {@code G1}, {@code Z}
 * @param areas where it has put what
 * @param heapUsedBytes objects, garbage not yet collected included
 * @param heapCommittedBytes what the heap may use without asking the kernel
 * @param heapMaxBytes -Xmx
 * @param metaspaceUsedBytes of class metadata
 * @param codeUsedBytes of compiled code
 * @param directBytes in direct buffers: by NMT's category Other, or by the buffer pool of this JVM
 *     itself
 * @param directInMalloc are those bytes part of malloc's live bytes? They are in HotSpot
 * @param nmt native memory tracking by category, committed bytes; empty where it is off
 * @param mallocRetainedBytes what VM.info says of retained C-heap memory; always -1 today, since the
 *     census counts it without that heavy command
 */
public record JvmUse(
    String version,
    String collector,
    List<JvmArea> areas,
    long heapUsedBytes,
    long heapCommittedBytes,
    long heapMaxBytes,
    long metaspaceUsedBytes,
    long codeUsedBytes,
    long directBytes,
    boolean directInMalloc,
    Map<String, Long> nmt,
    long mallocRetainedBytes) {}
