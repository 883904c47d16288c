package io.weir.relay.http2;

import io.weir.relay.loop.Loop;
import io.weir.relay.loop.Scratch;

/** What the links of one loop share. Thread: the loop. */
public final class LinkShare {
  /**
   * Where frames are laid out, bytes: TLS cuts its records from it, so that a frame's head costs no
   * record of its own.
   */
  private static final int FRAMES_BYTES = 128 * 1024;

  final Loop loop;
  final Scratch frames = new Scratch(FRAMES_BYTES);

  public LinkShare(Loop loop) {
    this.loop = loop;
  }
}
