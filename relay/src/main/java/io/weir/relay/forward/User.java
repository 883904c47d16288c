package io.weir.relay.forward;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Somebody who may use the proxy. There is one for each name, also after the file was read anew, so
 * that what is counted goes on. Any thread.
 */
public final class User {
  private final String name;
  private final int connectionsMax;
  private final AtomicInteger connections = new AtomicInteger();
  private volatile Secret secret;

  /**
   * What a password is compared with. A new one where the file has a new hash.
   *
   * @param hash bcrypt's, from the file
   * @param digest of the password that was found right, salted, or null as long as none was
   */
  @SuppressWarnings("ArrayRecordComponent") // made once, never changed, never compared as records
  record Secret(String hash, byte @Nullable [] digest) {}

  User(String name, String hash, int connectionsMax) {
    this.name = name;
    this.connectionsMax = connectionsMax;
    this.secret = new Secret(hash, null);
  }

  public String name() {
    return name;
  }

  /** The name as logs have texts of others: one char for each byte. */
  public String logName() {
    return new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  /**
   * Counts one more request or tunnel under way; false if there are as many as there may be. Who is
   * told true calls {@link #leave} once.
   */
  public boolean enter() {
    if (connections.incrementAndGet() <= connectionsMax) {
      return true;
    }
    connections.decrementAndGet();
    return false;
  }

  /** What {@link #enter} has counted is over. */
  public void leave() {
    connections.decrementAndGet();
  }

  /** Requests and tunnels under way. */
  int connections() {
    return connections.get();
  }

  Secret secret() {
    return secret;
  }

  /** The file has this hash now. */
  synchronized void hash(String hash) {
    if (!hash.equals(secret.hash())) {
      secret = new Secret(hash, null);
    }
  }

  /** A password was found right, unless the hash is another by now. */
  synchronized void proven(Secret against, byte[] digest) {
    if (secret.hash().equals(against.hash())) {
      secret = new Secret(against.hash(), digest);
    }
  }
}
