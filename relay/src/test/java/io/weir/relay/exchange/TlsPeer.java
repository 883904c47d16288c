package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.weir.load.SeededBytes;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** A TLS origin of the JDK with a certificate of its own, which a test makes once. */
public final class TlsPeer implements AutoCloseable {
  private static final AtomicInteger MADE = new AtomicInteger();

  /** What it does with one connection. */
  interface Script {
    void serve(Connection connection) throws Exception;
  }

  /** A key and its self-signed certificate, as files of the running JDK's keytool. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Identity(SSLContext context, Path certificate, Path key, KeyManager[] managers) {
    /**
     * Makes a new one.
     *
     * @param names as keytool's {@code -ext san=} takes them, such as {@code ip:127.0.0.1}
     */
    public static Identity make(Path directory, String names)
        throws IOException, InterruptedException, GeneralSecurityException {
      Path store = directory.resolve(MADE.incrementAndGet() + ".p12");
      generate(store, "a", "CN=weir test", "-ext", "san=" + names, "-validity", "2");
      return of(directory, store, "a");
    }

    /** Makes one that has expired; what is to be trusted is the authority that signed it. */
    static Identity makeExpired(Path directory, String names)
        throws IOException, InterruptedException, GeneralSecurityException {
      Path store = directory.resolve(MADE.incrementAndGet() + ".p12");
      generate(store, "ca", "CN=weir authority", "-ext", "bc:c", "-validity", "20");
      generate(
          store,
          "a",
          "CN=weir test",
          "-ext",
          "san=" + names,
          "-startdate",
          "-10d",
          "-validity",
          "2",
          "-signer",
          "ca");
      return of(directory, store, "ca");
    }

    private static void generate(Path store, String alias, String name, String... more)
        throws IOException, InterruptedException {
      List<String> words = new ArrayList<>(List.of("-genkeypair", "-alias", alias));
      words.addAll(List.of("-keyalg", "EC", "-dname", name, "-storetype", "PKCS12"));
      words.addAll(List.of("-storepass", "changeit", "-keystore", store.toString()));
      words.addAll(List.of(more));
      keytool(words.toArray(String[]::new));
    }

    /** The key of alias a, and as certificate that of {@code trusted}. */
    private static Identity of(Path directory, Path store, String trusted)
        throws IOException, InterruptedException, GeneralSecurityException {
      String id = String.valueOf(store.getFileName());
      Path certificate = directory.resolve(id + "-certificate.pem");
      Path key = directory.resolve(id + "-key.pem");
      keytool(
          "-exportcert",
          "-rfc",
          "-alias",
          trusted,
          "-storepass",
          "changeit",
          "-keystore",
          store.toString(),
          "-file",
          certificate.toString());
      KeyStore keys = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(store)) {
        keys.load(in, "changeit".toCharArray());
      }
      if (!trusted.equals("a")) {
        keys.deleteEntry(trusted);
      }
      byte[] encoded = keys.getKey("a", "changeit".toCharArray()).getEncoded();
      String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
      Files.writeString(
          key, "-----BEGIN PRIVATE KEY-----\n" + base64 + "\n-----END PRIVATE KEY-----\n");
      KeyManagerFactory managers =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(keys, "changeit".toCharArray());
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(managers.getKeyManagers(), null, null);
      return new Identity(context, certificate, key, managers.getKeyManagers());
    }

    private static void keytool(String... arguments) throws IOException, InterruptedException {
      String[] command = new String[arguments.length + 1];
      command[0] = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
      System.arraycopy(arguments, 0, command, 1, arguments.length);
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
      if (process.waitFor() != 0) {
        throw new IOException("keytool failed: " + said);
      }
    }
  }

  /** One connection, before or after its handshake. */
  static final class Connection {
    private final Socket plain;
    private final SSLContext context;
    private @Nullable SSLSocket tls;

    private Connection(Socket plain, SSLContext context) {
      this.plain = plain;
      this.context = context;
    }

    Socket plain() {
      return plain;
    }

    SSLSocket tls() throws IOException {
      SSLSocket known = tls;
      if (known == null) {
        known =
            (SSLSocket)
                context
                    .getSocketFactory()
                    .createSocket(plain, plain.getInetAddress().getHostAddress(), 0, true);
        known.setUseClientMode(false);
        tls = known;
      }
      return known;
    }

    void write(String text) throws IOException {
      tls().getOutputStream().write(text.getBytes(ISO_8859_1));
    }

    void write(SeededBytes bytes, long length) throws IOException {
      OutputStream out = tls().getOutputStream();
      byte[] block = new byte[16 * 1024];
      for (long done = 0; done < length; ) {
        int span = (int) Math.min(block.length, length - done);
        bytes.fill(block, 0, span, done);
        out.write(block, 0, span);
        done += span;
      }
    }

    String readHead() throws IOException {
      StringBuilder head = new StringBuilder();
      InputStream in = tls().getInputStream();
      while (head.indexOf("\r\n\r\n") < 0) {
        int next = in.read();
        if (next < 0) {
          return "";
        }
        head.append((char) next);
      }
      return head.toString();
    }

    /** Reads so many seeded bytes; returns the place of the first wrong one, or -1. */
    long readSeeded(SeededBytes bytes, long length) throws IOException {
      byte[] block = new byte[16 * 1024];
      for (long done = 0; done < length; ) {
        int n = tls().getInputStream().read(block, 0, (int) Math.min(block.length, length - done));
        if (n < 0 || bytes.mismatch(block, 0, n, done) >= 0) {
          return done;
        }
        done += n;
      }
      return -1;
    }
  }

  private final ServerSocket listener;
  private final SSLContext context;
  private final Script script;
  private final AtomicInteger accepted = new AtomicInteger();

  private TlsPeer(ServerSocket listener, SSLContext context, Script script) {
    this.listener = listener;
    this.context = context;
    this.script = script;
  }

  static TlsPeer start(Identity identity, Script script) throws IOException {
    ServerSocket listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    TlsPeer peer = new TlsPeer(listener, identity.context(), script);
    var _ = Thread.ofVirtual().start(peer::acceptAll);
    return peer;
  }

  int port() {
    return listener.getLocalPort();
  }

  int accepted() {
    return accepted.get();
  }

  private void acceptAll() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        accepted.incrementAndGet();
        var _ = Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket socket) {
    Connection connection = new Connection(socket, context);
    try (socket) {
      script.serve(connection);
      if (connection.tls != null) {
        connection.tls.close();
      }
    } catch (Exception e) {
      // The test sees it at the other end.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
