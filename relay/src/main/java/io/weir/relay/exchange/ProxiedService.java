package io.weir.relay.exchange;

import io.weir.relay.endpoint.Acceptor;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.RequestHead;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Another service, behind proxies that begin each connection with a PROXY protocol header. Thread:
 * the loop.
 */
final class ProxiedService implements Service {
  private final Service within;
  private final TrustedProxies proxies;

  /**
   * @param within what is served; its worker closes it
   * @param proxies of whom a header is taken, and wanted
   */
  ProxiedService(Service within, TrustedProxies proxies) {
    this.within = within;
    this.proxies = proxies;
  }

  @Override
  public Acceptor.Accepted accept(Worker worker, Entry entry) {
    return new ProxiedConnection(worker, proxies, speaksHttp(), within.accept(worker, entry));
  }

  @Override
  public @Nullable Exchange begin(ClientConnection client, RequestHead head) {
    return within.begin(client, head);
  }

  @Override
  public boolean takes(Method method) {
    return within.takes(method);
  }

  @Override
  public boolean clientsNameOrigin() {
    return within.clientsNameOrigin();
  }

  @Override
  public boolean speaksHttp() {
    return within.speaksHttp();
  }

  @Override
  public List<Opening> openings() {
    return within.openings();
  }

  @Override
  public long restNanosMin() {
    return within.restNanosMin();
  }

  @Override
  public void close() {}
}
