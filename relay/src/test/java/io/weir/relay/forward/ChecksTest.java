package io.weir.relay.forward;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Each check waits until it is let go, and says that it was made. */
final class ChecksTest {
  private static final InetAddress ONE = InetAddress.ofLiteral("192.0.2.1");
  private static final InetAddress TWO = InetAddress.ofLiteral("192.0.2.2");

  private final Semaphore begun = new Semaphore(0);
  private final Semaphore go = new Semaphore(0);
  private final Queue<String> hashed = new ConcurrentLinkedQueue<>();
  private final Queue<String> told = new ConcurrentLinkedQueue<>();
  private final Checks checks = new Checks(this::hash);

  private @Nullable User hash(Credentials given) {
    begun.release();
    go.acquireUninterruptibly();
    hashed.add(given.name());
    return null;
  }

  private Users.@Nullable Pending ask(InetAddress peer, String name) {
    byte[] password = "p".getBytes(UTF_8);
    Credentials given = new Credentials(name, password);
    return checks.ask(peer, given, password, Runnable::run, _ -> told.add(name));
  }

  private Users.Pending taken(InetAddress peer, String name) {
    return Objects.requireNonNull(ask(peer, name), name);
  }

  private void awaitBegun() throws InterruptedException {
    assertThat(begun.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
  }

  /** Lets all go, and waits until the last has been told. */
  private void finish() throws InterruptedException {
    CountDownLatch last = new CountDownLatch(1);
    byte[] password = "last".getBytes(UTF_8);
    InetAddress another = InetAddress.ofLiteral("198.51.100.1");
    checks.ask(
        another, new Credentials("last", password), password, Runnable::run, _ -> last.countDown());
    go.release(1_000);
    assertThat(last.await(20, TimeUnit.SECONDS)).isTrue();
    hashed.remove("last");
  }

  @AfterEach
  void close() {
    go.release(1_000);
    checks.close();
  }

  @Test
  void peer_hasFewPlaces_andOthersHaveTheRest() throws Exception {
    List<String> refused = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      if (ask(ONE, "one" + i) == null) {
        refused.add("one" + i);
      }
    }
    assertThat(refused).hasSize(10 - Checks.OF_ONE_PEER_MAX);
    taken(TWO, "two");
    finish();
    assertThat(hashed).containsExactly("one0", "one1", "one2", "one3", "two");
    assertThat(told).containsExactlyElementsOf(hashed);
    taken(ONE, "again");
  }

  @Test
  void peer_ofIpv6_isANetwork() {
    for (int i = 0; i < Checks.OF_ONE_PEER_MAX; i++) {
      taken(InetAddress.ofLiteral("2001:db8::" + i), "x" + i);
    }
    assertThat(ask(InetAddress.ofLiteral("2001:db8::ffff:1"), "y")).isNull();
    taken(InetAddress.ofLiteral("2001:db8:0:1::1"), "z");
  }

  @Test
  void checks_moreThanMayWait_areRefused() throws Exception {
    int taken = 0;
    for (int i = 0; i < 100; i++) {
      taken += ask(InetAddress.ofLiteral("192.0.2." + i), "x" + i) == null ? 0 : 1;
    }
    assertThat(taken).isEqualTo(1 + Checks.WAITING_MAX); // one runs
    go.release(1_000);
  }

  @Test
  void check_thatIsWithdrawn_costsNoHash_andFreesItsPlace() throws Exception {
    taken(ONE, "running");
    awaitBegun();
    List<Users.Pending> waiting = new ArrayList<>();
    for (int i = 1; i < Checks.OF_ONE_PEER_MAX; i++) {
      waiting.add(taken(ONE, "gone" + i));
    }
    assertThat(ask(ONE, "more")).isNull();
    waiting.forEach(Users.Pending::withdraw);
    waiting.forEach(Users.Pending::withdraw); // twice is once
    for (int i = 1; i < Checks.OF_ONE_PEER_MAX; i++) {
      taken(ONE, "next" + i);
    }
    assertThat(ask(ONE, "more")).isNull();
    finish();
    assertThat(hashed).containsExactly("running", "next1", "next2", "next3");
    assertThat(told).containsExactlyElementsOf(hashed);
  }

  /** Else whoever asks and leaves, again and again, would keep the thread for himself. */
  @Test
  void check_thatIsWithdrawnWhileItRuns_keepsItsPlace_andTellsNobody() throws Exception {
    Users.Pending running = taken(ONE, "running");
    awaitBegun();
    running.withdraw();
    for (int i = 1; i < Checks.OF_ONE_PEER_MAX; i++) {
      taken(ONE, "next" + i);
    }
    assertThat(ask(ONE, "more")).isNull();
    finish();
    assertThat(hashed).containsExactly("running", "next1", "next2", "next3");
    assertThat(told).containsExactly("next1", "next2", "next3");
  }

  @Test
  void sameQuestion_ofOnePeer_isOneCheck() throws Exception {
    taken(TWO, "running");
    awaitBegun();
    List<Users.Pending> same = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      same.add(taken(ONE, "ann"));
    }
    same.getFirst().withdraw();
    taken(TWO, "ann");
    finish();
    assertThat(hashed).containsExactly("running", "ann", "ann"); // of either peer
    assertThat(told.stream().filter("ann"::equals)).hasSize(20);
  }
}
