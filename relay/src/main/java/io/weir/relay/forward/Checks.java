package io.weir.relay.forward;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Passwords that wait to be checked by one thread, one after the other.
 *
 * <pre>
 *              a place is free
 *   ask(...) ------------------> WAITING ----------> RUNNING ----> all who asked are told
 *    |    \                       |    ^              ^
 *    |     \                      |    |              |
 *    |      `--the same peer asks the same already----+  one check for all of them
 *    |                            |
 *    +--no place: refused         +--nobody wants it any more: dropped, without a hash
 * </pre>
 *
 * <h2>Places</h2>
 *
 * {@link #WAITING_MAX} wait, and {@link #OF_ONE_PEER_MAX} of one peer wait or run: else whoever
 * guesses, or only asks, could keep all users out whose password was not checked yet. A peer is an
 * address, of IPv6 its network of 64 bits: a machine has as many addresses there as it likes. A
 * client that begins with many requests at once asks the same with each, and takes one place.
 *
 * <p>A hash that has begun cannot be stopped: it keeps its place until it is done, whoever has gone
 * meanwhile.
 *
 * <p>Any thread; what is told is told by the executor of who asked.
 */
final class Checks implements AutoCloseable {
  static final int WAITING_MAX = 64;
  static final int OF_ONE_PEER_MAX = 4;

  private static final int IDLE_SECONDS = 30;
  private static final int NETWORK_BYTES = 8;

  private final Function<Credentials, @Nullable User> judge;
  private final ThreadPoolExecutor thread;

  /** All that wait or run; guarded by this. */
  private final Map<Question, Check> checks = new HashMap<>();

  /**
   * Who asks what.
   *
   * @param network of the peer
   * @param digest of the password
   */
  private record Question(ByteBuffer network, String name, ByteBuffer digest) {}

  /** Who is to be told. */
  private record Asker(Executor loop, Consumer<@Nullable User> then) {}

  /**
   * @param judge the user, or null if the name or the password is wrong; may take seconds
   */
  Checks(Function<Credentials, @Nullable User> judge) {
    this.judge = judge;
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING_MAX),
            work -> Thread.ofPlatform().daemon().name("users").unstarted(work));
    thread.allowCoreThreadTimeOut(true);
  }

  private final class Check implements Runnable {
    private final Question question;
    private final Credentials given;
    private List<Asker> askers = new ArrayList<>(1);

    Check(Question question, Credentials given) {
      this.question = question;
      this.given = given;
    }

    @Override
    public void run() {
      if (!isWanted(this)) {
        return;
      }
      User user = null; // whoever asks is answered, whatever becomes of the check
      try {
        user = judge.apply(given);
      } finally {
        User found = user;
        end(this).forEach(asker -> tell(asker, found));
      }
    }
  }

  /**
   * Asks for a check.
   *
   * @param digest of the password
   * @return null if there is no place for it; then nothing is told
   */
  synchronized Users.@Nullable Pending ask(
      InetAddress peer,
      Credentials given,
      byte[] digest,
      Executor loop,
      Consumer<@Nullable User> then) {
    Question question = new Question(network(peer), given.name(), ByteBuffer.wrap(digest));
    Check check = checks.get(question);
    if (check == null) {
      check = begin(question, given);
    }
    if (check == null) {
      return null;
    }
    Check joined = check;
    Asker asker = new Asker(loop, then);
    joined.askers.add(asker);
    return () -> withdraw(joined, asker);
  }

  private @Nullable Check begin(Question question, Credentials given) {
    if (ofPeer(question.network()) >= OF_ONE_PEER_MAX) {
      return null;
    }
    Check check = new Check(question, given);
    try {
      thread.execute(check);
    } catch (RejectedExecutionException e) {
      return null; // as many wait as may, or it is closed
    }
    checks.put(question, check);
    return check;
  }

  private int ofPeer(ByteBuffer network) {
    int count = 0;
    for (Question question : checks.keySet()) {
      count += question.network().equals(network) ? 1 : 0;
    }
    return count;
  }

  private static ByteBuffer network(InetAddress peer) {
    byte[] address = peer.getAddress();
    return ByteBuffer.wrap(address, 0, Math.min(address.length, NETWORK_BYTES));
  }

  private synchronized void withdraw(Check check, Asker asker) {
    check.askers.remove(asker);
    if (check.askers.isEmpty() && thread.remove(check)) {
      checks.remove(check.question);
    }
  }

  /** Whether somebody still waits for it; else it is over. */
  private synchronized boolean isWanted(Check check) {
    if (check.askers.isEmpty()) {
      checks.remove(check.question);
      return false;
    }
    return true;
  }

  /** Its place is free; returns who is to be told. */
  private synchronized List<Asker> end(Check check) {
    checks.remove(check.question);
    List<Asker> told = check.askers;
    check.askers = new ArrayList<>(0);
    return told;
  }

  private static void tell(Asker asker, @Nullable User user) {
    try {
      asker.loop().execute(() -> asker.then().accept(user));
    } catch (RejectedExecutionException loopHasEnded) {
      return; // and with it who asked
    }
  }

  /** Ends the thread; checks that wait are dropped. */
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
