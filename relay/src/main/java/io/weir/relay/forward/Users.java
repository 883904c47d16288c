package io.weir.relay.forward;

import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.security.crypto.bcrypt.BCrypt;

/**
 * Who may use the proxy, by a file of names and bcrypt hashes.
 *
 * <pre>
 *   known(credentials) --a user--> go on
 *          | null
 *          v
 *   verify(credentials, loop, then) --false--> as many wait as may: refuse for now
 *          | true
 *          v
 *   one thread of our own: bcrypt --> then, on the loop: the user, or null
 * </pre>
 *
 * <h2>Cost</h2>
 *
 * A check of bcrypt takes milliseconds to seconds, by intent, so it is done on a thread of its own,
 * never on a loop, and at most {@link #WAITING_MAX} wait for it. What was found right is kept as a
 * digest with a salt of this process, and then costs microseconds: each request brings the password
 * anew. Whoever guesses costs one thread at most.
 *
 * <h2>What a stranger learns</h2>
 *
 * Digests are compared in constant time, and a name that nobody has costs a check, too, at the cost
 * of most users' hashes, so that the time does not tell which names there are.
 *
 * <p>Any thread. The thread ends when it has had nothing to do for a while.
 */
public final class Users implements AutoCloseable {
  /** Checks that may wait; with the cost that htpasswd writes, a tenth of a second's work. */
  private static final int WAITING_MAX = 64;

  private static final int IDLE_SECONDS = 30;
  private static final int SALT_BYTES = 32;

  /** bcrypt takes no more of a password; longer ones would be equal where these bytes are. */
  private static final int PASSWORD_BYTES_MAX = 72;

  private final Path file;
  private final int connectionsMax;
  private final byte[] salt = new byte[SALT_BYTES];
  private final ThreadPoolExecutor checks;
  private volatile Book book;

  /**
   * What the file says.
   *
   * @param stranger somebody whom no password fits
   */
  private record Book(Map<String, User> users, User stranger) {}

  private Users(Path file, int connectionsMax) throws IOException {
    this.file = file;
    this.connectionsMax = connectionsMax;
    new SecureRandom().nextBytes(salt);
    this.book = read(Map.of());
    this.checks =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING_MAX),
            work -> Thread.ofPlatform().daemon().name("users").unstarted(work));
    checks.allowCoreThreadTimeOut(true);
  }

  /**
   * Reads the file.
   *
   * @param connectionsMax requests and tunnels of one user at once
   * @throws IOException with a sentence about what is wrong with it
   */
  public static Users of(Path file, int connectionsMax) throws IOException {
    return new Users(file, connectionsMax);
  }

  /**
   * Reads the file anew. What users have under way goes on.
   *
   * @throws IOException as {@link #of}; then all stays as it was
   */
  public synchronized void reload() throws IOException {
    book = read(book.users());
  }

  private Book read(Map<String, User> before) throws IOException {
    Map<String, User> users = new HashMap<>();
    Map<String, Integer> costs = new HashMap<>();
    UsersFile.read(file)
        .forEach(
            (name, hash) -> {
              User user = before.get(name);
              if (user == null) {
                user = new User(name, hash, connectionsMax);
              }
              user.hash(hash);
              users.put(name, user);
              costs.merge(hash.substring(0, hash.lastIndexOf('$') + 1), 1, Integer::sum);
            });
    String usual =
        costs.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
    // Any salt, and a hash that bcrypt never gives: it sets no bits beyond its 184.
    return new Book(Map.copyOf(users), new User("", usual + "z".repeat(53), 0));
  }

  /** The user, if this very password was found right before. Takes microseconds. */
  public @Nullable User known(Credentials given) {
    User user = book.users().get(given.name());
    byte[] digest = user == null ? null : user.secret().digest();
    return digest != null && MessageDigest.isEqual(digest, digest(given.password())) ? user : null;
  }

  /**
   * Has a password checked.
   *
   * @param loop what {@code then} is run by
   * @param then told the user, or null if the name or the password is wrong
   * @return false if too many checks wait already; then nothing is told
   */
  public boolean verify(Credentials given, Executor loop, Consumer<@Nullable User> then) {
    try {
      checks.execute(
          () -> {
            User user = check(given);
            try {
              loop.execute(() -> then.accept(user));
            } catch (RejectedExecutionException loopHasEnded) {
              return; // and with it who asked
            }
          });
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  private @Nullable User check(Credentials given) {
    Book now = book;
    User user = now.users().getOrDefault(given.name(), now.stranger());
    User.Secret secret = user.secret();
    byte[] password = given.password();
    boolean right = BCrypt.checkpw(password, secret.hash());
    if (!right || password.length > PASSWORD_BYTES_MAX || user == now.stranger()) {
      return null;
    }
    user.proven(secret, digest(password));
    return user;
  }

  private byte[] digest(byte[] password) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(salt);
      return sha.digest(password);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /** Ends the thread; checks that wait are dropped. */
  @Override
  public void close() {
    checks.shutdownNow();
  }
}
