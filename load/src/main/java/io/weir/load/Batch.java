package io.weir.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * What one gathering write takes: slices of the shared seeded bytes, and small frames copied to a
 * scratch buffer, in wire order. One per thread, used for all its connections in turn, so that
 * nothing is allocated for a write. Seeded bytes are never copied on this side of the kernel.
 */
final class Batch {
  /** Buffers in one write. With 16 KiB chunks, 64 make half a megabyte. */
  private static final int BUFFERS_MAX = 64;

  /** Enough for the largest head and 32 chunk frames. */
  private static final int FRAME_BYTES = 16 * 1024;

  private final SeededBytes sequence;
  private final ByteBuffer[] views = new ByteBuffer[BUFFERS_MAX];
  private final ByteBuffer[] frames = new ByteBuffer[BUFFERS_MAX];
  private final ByteBuffer[] batch = new ByteBuffer[BUFFERS_MAX];
  private int count;
  private int frameBytes;
  private long seededBytes;
  private boolean lastIsFrame;

  Batch(SeededBytes sequence) {
    this.sequence = sequence;
    ByteBuffer scratch = ByteBuffer.allocateDirect(FRAME_BYTES);
    for (int i = 0; i < BUFFERS_MAX; i++) {
      views[i] = sequence.view();
      frames[i] = scratch.duplicate();
    }
  }

  void clear() {
    count = 0;
    frameBytes = 0;
    seededBytes = 0;
    lastIsFrame = false;
  }

  /** Says whether a seeded slice and its frames would not fit any more. */
  boolean isFull() {
    return count > BUFFERS_MAX - 2 || seededBytes >= SeededBytes.SLICE_BYTES_MAX;
  }

  /**
   * Adds a frame or a part of one; frames in a row share a buffer.
   *
   * @return how many bytes were added: less than asked where the scratch buffer is full
   */
  int addFrame(byte[] bytes, int from) {
    int span = Math.min(bytes.length - from, FRAME_BYTES - frameBytes);
    if (span == 0) {
      return 0;
    }
    boolean append = lastIsFrame;
    ByteBuffer frame = append ? batch[count - 1] : frames[count];
    int begin = append ? frame.position() : frameBytes;
    frame.limit(frameBytes + span).position(frameBytes);
    frame.put(bytes, from, span).position(begin);
    frameBytes += span;
    lastIsFrame = true;
    if (!append) {
      batch[count++] = frame;
    }
    return span;
  }

  /** Adds seeded bytes; returns how many, at most {@link SeededBytes#SLICE_BYTES_MAX}. */
  int addSeeded(long position, long length) {
    int span = (int) Math.min(length, SeededBytes.SLICE_BYTES_MAX);
    ByteBuffer view = views[count];
    sequence.slice(view, position, span);
    batch[count++] = view;
    seededBytes += span;
    lastIsFrame = false;
    return span;
  }

  /** Writes what was added; returns how many bytes the kernel took, 0 if it has no room. */
  long writeTo(SocketChannel channel) throws IOException {
    return count == 1 ? channel.write(batch[0]) : channel.write(batch, 0, count);
  }
}
