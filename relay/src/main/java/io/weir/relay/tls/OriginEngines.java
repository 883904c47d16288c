package io.weir.relay.tls;

import io.weir.relay.endpoint.ChannelEndpoint;
import io.weir.relay.endpoint.Connector;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/** Makes the engines that speak to origins. */
final class OriginEngines {
  private OriginEngines() {}

  static SSLEngine engine(Connector.Tls tls) {
    SSLEngine engine = tls.context().newEngine(ChannelEndpoint.ALLOCATOR, tls.host(), tls.port());
    if (tls.verifyHost()) {
      SSLParameters parameters = engine.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      engine.setSSLParameters(parameters);
    }
    return engine;
  }
}
