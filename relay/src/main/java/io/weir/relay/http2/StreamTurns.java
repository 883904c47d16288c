package io.weir.relay.http2;

import io.weir.relay.loop.Loop;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Which streams of a link are to be told: of what has come, at the end of a read or a turn, and of
 * room, one after the other. Each is in each of the two lists once. Thread: the loop.
 */
final class StreamTurns {
  private final Loop loop;
  private final Runnable turn;
  private final BooleanSupplier room;
  private final ArrayDeque<LinkStream> told = new ArrayDeque<>();
  private final ArrayDeque<LinkStream> waiting = new ArrayDeque<>();

  /**
   * @param turn asks for a turn of the link, which then calls {@link #tell}
   * @param room whether the link takes data now
   */
  StreamTurns(Loop loop, Runnable turn, BooleanSupplier room) {
    this.loop = loop;
    this.turn = turn;
    this.room = room;
  }

  /** Has a stream told at the end of the read, or of the turn. */
  void tellLater(LinkStream stream) {
    if (!stream.toldWaits) {
      stream.toldWaits = true;
      told.add(stream);
      turn.run();
    }
  }

  void tell() {
    for (LinkStream next = told.poll(); next != null; next = told.poll()) {
      next.toldWaits = false;
      tell(next);
    }
  }

  private void tell(LinkStream stream) {
    StreamEvents events = stream.events;
    if (events == null) {
      return;
    }
    try {
      events.ready();
    } catch (Throwable t) {
      loop.faults().record(t);
      abandon(events);
    }
  }

  private void abandon(StreamEvents events) {
    try {
      events.abandon();
    } catch (Throwable t) {
      loop.faults().record(t);
    }
  }

  /** A stream was refused for want of room or window: it is told, in turn, when there is some. */
  void awaitRoom(LinkStream stream) {
    if (!stream.roomWaits) {
      stream.roomWaits = true;
      waiting.add(stream);
    }
  }

  /** There is room: streams that wait have their turns as long as it lasts. */
  void serveWaiting() {
    for (int left = waiting.size(); left > 0 && room.getAsBoolean(); left--) {
      LinkStream next = waiting.poll();
      if (next != null) {
        next.roomWaits = false;
        tell(next); // where its own window is shut, a WINDOW_UPDATE tells it again
      }
    }
  }

  /** A window has grown: of one stream, or of the connection. */
  void widened(@Nullable LinkStream stream) {
    if (stream != null) {
      tellLater(stream);
      return;
    }
    for (LinkStream next : waiting) {
      tellLater(next);
    }
  }

  /** Nobody waits any more. */
  void clear() {
    waiting.clear();
  }
}
