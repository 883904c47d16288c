package io.weir.relay.forward;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
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
 *   verify(credentials, peer, loop, then) --null--> as many wait as may: refuse for now
 *          | pending
 *          v
 *   Checks, one thread: bcrypt --> then, on the loop: the user, or null
 * </pre>
 *
 * <h2>Cost</h2>
 *
 * A check of bcrypt takes milliseconds to seconds, by intent, so it is done on a thread of its own,
 * never on a loop; how many may wait, {@link Checks} says. What was found right is kept as a digest
 * with a salt of this process, and then costs microseconds, on the loop, whoever waits for a check:
 * each request brings the password anew. Whoever guesses costs one thread at most.
 *
 * <h2>What a stranger learns</h2>
 *
 * Digests are compared in constant time, and a name that nobody has costs a check, too, at the cost
 * of most users' hashes, so that the time does not tell which names there are.
 *
 * <p>Any thread. The thread ends when it has had nothing to do for a while.
 */
public final class Users implements AutoCloseable {
  private static final int SALT_BYTES = 32;

  /** bcrypt takes no more of a password; longer ones would be equal where these bytes are. */
  private static final int PASSWORD_BYTES_MAX = 72;

  private final Path file;
  private final int connectionsMax;
  private final byte[] salt = new byte[SALT_BYTES];
  private final Checks checks = new Checks(this::check);
  private volatile Book book;

  /** A check that was asked for and is not over. Any thread. */
  @FunctionalInterface
  public interface Pending {
    /** Nobody waits for it any more. Does nothing if it is over. */
    void withdraw();
  }

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
   * @param peer who asks
   * @param loop what {@code then} is run by
   * @param then told the user, or null if the name or the password is wrong
   * @return null if too many checks wait already, of all or of this peer; then nothing is told
   */
  public @Nullable Pending verify(
      Credentials given, InetAddress peer, Executor loop, Consumer<@Nullable User> then) {
    return checks.ask(peer, given, digest(given.password()), loop, then);
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
    checks.close();
  }
}
