package io.weir.relay.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.security.crypto.bcrypt.BCrypt;

class UsersTest {
  private static final String ANN =
      "ann:" + BCrypt.hashpw("secret", BCrypt.gensalt("$2y", 5)) + "\n";

  private static final InetAddress PEER = InetAddress.ofLiteral("192.0.2.1");

  @TempDir private @Nullable Path folder;

  private Path file(String contents) throws IOException {
    Path file = java.util.Objects.requireNonNull(folder).resolve("users");
    return Files.writeString(file, contents);
  }

  private static Credentials credentials(String name, String password) {
    return new Credentials(name, password.getBytes(StandardCharsets.UTF_8));
  }

  private static @Nullable User verify(Users users, String name, String password) throws Exception {
    CompletableFuture<@Nullable User> told = new CompletableFuture<>();
    assertThat(users.verify(credentials(name, password), PEER, Runnable::run, told::complete))
        .isNotNull();
    return told.get(20, TimeUnit.SECONDS);
  }

  @Test
  void password_onceFoundRight_isKnownAtOnce() throws Exception {
    try (Users users = Users.of(file("# who may\n\n" + ANN), 10)) {
      assertThat(users.known(credentials("ann", "secret"))).isNull();
      User ann = verify(users, "ann", "secret");
      assertThat(ann).isNotNull();
      assertThat(users.known(credentials("ann", "secret"))).isSameAs(ann);
      assertThat(users.known(credentials("ann", "Secret"))).isNull();
      assertThat(users.known(credentials("Ann", "secret"))).isNull();
    }
  }

  @ParameterizedTest
  @CsvSource({"ann, wrong", "ann, ''", "ann, secret1", "bob, secret", "'', secret", "'', ''"})
  void password_wrongOrOfNobody_isNotTaken(String name, String password) throws Exception {
    try (Users users = Users.of(file(ANN), 10)) {
      assertThat(verify(users, name, password)).isNull();
      assertThat(users.known(credentials(name, password))).isNull();
    }
  }

  /** A vector of the reference implementation: crypt_blowfish, wrapper.c. */
  @Test
  void hash_madeElsewhere_isUnderstood() throws Exception {
    String hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    try (Users users = Users.of(file("ann:" + hash), 1)) {
      assertThat(verify(users, "ann", "U*U")).isNotNull();
      assertThat(verify(users, "ann", "U*V")).isNull();
    }
  }

  @Test
  void password_longerThanBcryptReads_isNotTakenForItsBeginning() throws Exception {
    String long72 = "x".repeat(72);
    String line = "ann:" + BCrypt.hashpw(long72, BCrypt.gensalt("$2a", 4));
    try (Users users = Users.of(file(line), 10)) {
      assertThat(verify(users, "ann", long72)).isNotNull();
      assertThat(verify(users, "ann", long72 + "y")).isNull();
    }
  }

  @Test
  void file_readAnew_keepsUsersAndForgetsPasswords() throws Exception {
    Path file = file(ANN + "bob:" + BCrypt.hashpw("b", BCrypt.gensalt("$2b", 4)) + "\r\n");
    try (Users users = Users.of(file, 2)) {
      User ann = verify(users, "ann", "secret");
      assertThat(ann).isNotNull();
      assertThat(ann.enter()).isTrue();
      users.reload();
      assertThat(users.known(credentials("ann", "secret"))).isSameAs(ann);
      Files.writeString(file, "ann:" + BCrypt.hashpw("other", BCrypt.gensalt("$2y", 4)));
      users.reload();
      assertThat(users.known(credentials("ann", "secret"))).isNull();
      assertThat(verify(users, "ann", "secret")).isNull();
      assertThat(verify(users, "ann", "other")).isSameAs(ann);
      assertThat(ann.connections()).isEqualTo(1);
      assertThat(verify(users, "bob", "b")).isNull();
    }
  }

  @Test
  void file_readAnewAndWrong_changesNothing() throws Exception {
    Path file = file(ANN);
    try (Users users = Users.of(file, 2)) {
      Files.writeString(file, "ann:plain\n");
      assertThatThrownBy(users::reload).hasMessageContaining("line 1");
      assertThat(verify(users, "ann", "secret")).isNotNull();
    }
  }

  @Test
  void password_foundRightBefore_isKnownAtOnce_whileAnotherIsChecked() throws Exception {
    try (Users users = Users.of(file(ANN), 10)) {
      CountDownLatch go = new CountDownLatch(1);
      assertThat(users.verify(credentials("x", "y"), PEER, work -> awaitThen(go, work), _ -> {}))
          .isNotNull();
      CompletableFuture<@Nullable User> told = new CompletableFuture<>();
      users.verify(credentials("ann", "secret"), PEER, Runnable::run, told::complete);
      assertThat(users.known(credentials("ann", "secret"))).isNull();
      go.countDown();
      User ann = told.get(20, TimeUnit.SECONDS);
      assertThat(ann).isNotNull();
      CountDownLatch never = new CountDownLatch(1);
      users.verify(credentials("x", "y"), PEER, work -> awaitThen(never, work), _ -> {});
      assertThat(users.known(credentials("ann", "secret"))).isSameAs(ann);
      never.countDown();
    }
  }

  private static void awaitThen(CountDownLatch go, Runnable work) {
    try {
      go.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    work.run();
  }

  @Test
  void connections_ofOneUser_haveALimit() {
    User user = new User("ann", "", 2);
    assertThat(user.enter()).isTrue();
    assertThat(user.enter()).isTrue();
    assertThat(user.enter()).isFalse();
    user.leave();
    assertThat(user.enter()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "'ann', 'line 1: it is not NAME:HASH'",
    "'#\n\n:x', 'line 3: it is not NAME:HASH'",
    "'ann:secret', 'line 1: the hash is not bcrypt''s ($2y$...); make it with htpasswd -B'",
    "'an n:$2y$05$HASH', 'the name holds a space'",
    "'ann:$apr1$x$y', 'htpasswd -B'",
    "'ann:$2y$31$HASH', 'cost of 31'",
    "'ann:$2y$03$HASH', 'cost of 3'",
    "'', 'has no user'"
  })
  void file_thatIsWrong_isSaidSoByLine(String contents, String complaint) throws IOException {
    Path file = file(contents.replace("HASH", "Z".repeat(53)));
    assertThatThrownBy(() -> Users.of(file, 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(complaint)
        .hasMessageContaining(file.toString())
        .hasMessageNotContaining("secret");
  }

  @Test
  void file_withANameTwice_isSaidSo() throws IOException {
    Path file = file(ANN + ANN);
    assertThatThrownBy(() -> Users.of(file, 1))
        .hasMessageContaining("line 2: the name occurs twice");
  }

  @Test
  void file_thatIsMissingOrLarge_isSaidSo() throws IOException {
    Path file = file("#".repeat(1 << 21));
    assertThatThrownBy(() -> Users.of(file, 1)).hasMessageContaining("larger than 1 MiB");
    Path none = file.resolveSibling("none");
    assertThatThrownBy(() -> Users.of(none, 1)).hasMessageContaining("there is no file");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "Basic", "Basic ", "Basic !!!", "Bearer YTpi", "Basic YQ==", "Digest a=b"})
  void credentials_thatAreNotBasics_areNone(String value) {
    assertThat(Credentials.basic(value)).isNull();
  }

  @Test
  void credentials_withColonsAndUmlauts_areRead() {
    String pair = "an\u00fc:s:\u00fc:";
    String value =
        "bASIC  " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    Credentials read = Credentials.basic(value);
    assertThat(read).isNotNull();
    assertThat(read.name()).isEqualTo("an\u00fc");
    assertThat(new String(read.password(), StandardCharsets.UTF_8)).isEqualTo("s:\u00fc:");
  }
}
