package io.weir.relay.origin;

import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.NoopAuthoritativeDnsServerCache;
import io.netty.resolver.dns.NoopDnsCnameCache;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import io.netty.util.NetUtil;
import io.weir.relay.loop.Loop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of host names, for one loop.
 *
 * <p>An address and localhost need no resolver, and none is loaded for them: its classes take 10
 * MiB. Another name is looked up in the hosts file and then by DNS, both address families, and
 * again when its TTL is over (Netty's resolver caches for exactly that long). Thread: the loop.
 */
public final class OriginNames implements AutoCloseable {
  /** A name whose TTL is 0 is still kept for the burst of connections that asks for it, seconds. */
  private static final int TTL_SECONDS_MIN = 1;

  private static final int TTL_SECONDS_MAX = 3600;
  private static final int NEGATIVE_TTL_SECONDS = 1;
  private static final long QUERY_TIMEOUT_MILLIS = 2000;

  private final Loop loop;
  private final boolean raw;
  private final @Nullable InetSocketAddress nameServer;
  private final boolean searches;
  private @Nullable DnsNameResolver resolver;

  /**
   * @param raw whether sockets are not those of NIO
   * @param nameServer DNS server to ask instead of the system's, or null
   * @param searches whether a short name is completed by the system's search list; never where a
   *     client names it, for rules would then be about another name
   */
  public OriginNames(
      Loop loop, boolean raw, @Nullable InetSocketAddress nameServer, boolean searches) {
    this.loop = loop;
    this.raw = raw;
    this.nameServer = nameServer;
    this.searches = searches;
  }

  private static @Nullable List<InetSocketAddress> fixed(String host, int port) {
    if (host.equalsIgnoreCase("localhost")) {
      // RFC 6761, 6.3: always the loopback addresses, whatever a name server says.
      return List.of(address("127.0.0.1", port), address("::1", port));
    }
    return NetUtil.createByteArrayFromIpAddressString(host) == null
        ? null
        : List.of(address(host, port));
  }

  private static InetSocketAddress address(String literal, int port) {
    try {
      byte[] bytes = NetUtil.createByteArrayFromIpAddressString(literal);
      return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of 4 or 16 bytes", e);
    }
  }

  /**
   * Finds the addresses of a host, each with {@code port}.
   *
   * @param found called with at least one
   * @param unknown called with one clause for the log
   */
  void resolve(
      String host, int port, Consumer<List<InetSocketAddress>> found, Consumer<String> unknown) {
    List<InetSocketAddress> fixed = fixed(host, port);
    if (fixed != null) {
      found.accept(fixed);
      return;
    }
    resolver()
        .resolveAll(host)
        .addListener(
            (io.netty.util.concurrent.Future<List<InetAddress>> done) -> {
              if (!done.isSuccess()) {
                unknown.accept("no address for the name " + host);
                return;
              }
              List<InetSocketAddress> addresses = new ArrayList<>();
              for (InetAddress address : done.getNow()) {
                addresses.add(new InetSocketAddress(address, port));
              }
              found.accept(addresses);
            });
  }

  private DnsNameResolver resolver() {
    DnsNameResolver known = resolver;
    if (known != null) {
      return known;
    }
    DnsNameResolverBuilder builder =
        new DnsNameResolverBuilder(loop)
            .datagramChannelType(raw ? EpollDatagramChannel.class : NioDatagramChannel.class)
            .resolveCache(new KeptAnswers(TTL_SECONDS_MIN, TTL_SECONDS_MAX, NEGATIVE_TTL_SECONDS))
            .cnameCache(NoopDnsCnameCache.INSTANCE)
            .authoritativeDnsServerCache(NoopAuthoritativeDnsServerCache.INSTANCE)
            .queryTimeoutMillis(QUERY_TIMEOUT_MILLIS);
    if (!searches) {
      builder.searchDomains(List.of());
    }
    if (nameServer != null) {
      builder.nameServerProvider(new SingletonDnsServerAddressStreamProvider(nameServer));
    }
    DnsNameResolver fresh = builder.build();
    resolver = fresh;
    return fresh;
  }

  @Override
  public void close() {
    if (resolver != null) {
      resolver.close();
    }
  }
}
