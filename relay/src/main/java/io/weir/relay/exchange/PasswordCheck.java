package io.weir.relay.exchange;

import io.weir.relay.forward.Credentials;
import io.weir.relay.forward.User;
import io.weir.relay.forward.Users;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.RequestHead;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A request that waits until its password was checked. Its head stays in the socket meanwhile.
 * Thread: the loop.
 */
final class PasswordCheck extends Exchange {
  private final ClientConnection client;
  private final Worker worker;
  private final BiFunction<RequestHead, User, @Nullable Exchange> next;
  private final long beganNanos = System.nanoTime();
  private Users.@Nullable Pending pending;
  private boolean over;

  /**
   * @param next what goes on, once the password was found right, with the head in the scratch space
   */
  PasswordCheck(
      ClientConnection client,
      Worker worker,
      BiFunction<RequestHead, User, @Nullable Exchange> next) {
    this.client = client;
    this.worker = worker;
    this.next = next;
  }

  /** Begins; false if too many wait already. */
  boolean begin(Users users, Credentials given) {
    pending = users.verify(given, client.endpoint().peer().getAddress(), worker.loop, this::told);
    return pending != null;
  }

  /** It is over before it was told anything. */
  private void withdraw() {
    over = true;
    if (pending != null) {
      pending.withdraw();
    }
  }

  private void told(@Nullable User user) {
    if (over) {
      return; // the client has gone
    }
    over = true;
    try {
      client.goOn(head -> answer(head, user));
    } catch (Throwable t) {
      worker.loop.faults().record(t);
      client.abandon();
    }
  }

  private @Nullable Exchange answer(RequestHead head, @Nullable User user) {
    if (user == null) {
      client.refuse(Reason.PROXY_AUTHENTICATION, "The name or the password is wrong", true);
      return null;
    }
    return next.apply(head, user);
  }

  @Override
  void advance() {
    if (!over && client.endpoint().failed()) {
      cut(Reason.CLIENT_GONE);
    }
  }

  @Override
  void sweep(long nowNanos) {
    long limitNanos = worker.settings.timeouts().headMillis() * 1_000_000L;
    if (!over && nowNanos - beganNanos >= limitNanos) {
      withdraw();
      client.goOn(
          _ -> {
            client.refuse(Reason.OVERLOADED, "Passwords are not checked in time", true);
            return null;
          });
    }
  }

  @Override
  void cut(Reason reason) {
    if (!over) {
      withdraw();
      worker.counters.failed(reason);
      client.close(true);
    }
  }

  @Override
  @Nullable FlowRow row() {
    return null;
  }
}
