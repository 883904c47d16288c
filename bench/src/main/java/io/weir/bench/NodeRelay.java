package io.weir.bench;

/** The relay that one would write for Node.js: its http module, a keep-alive agent, pipe. */
final class NodeRelay {
  static final String SCRIPT =
      """
      'use strict';
      const http = require('http');
      const [port, originPort] = process.argv.slice(2).map(Number);
      const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 256 });
      const hopByHop = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade'];

      function endToEnd(headers) {
        const kept = { ...headers };
        for (const name of hopByHop) delete kept[name];
        return kept;
      }

      const server = http.createServer((request, response) => {
        const upstream = http.request(
          {
            host: '127.0.0.1', port: originPort, agent,
            method: request.method, path: request.url, headers: endToEnd(request.headers),
          },
          (answer) => {
            response.writeHead(answer.statusCode, endToEnd(answer.headers));
            answer.pipe(response);
            answer.on('aborted', () => response.destroy());
          });
        upstream.on('error', () => {
          if (response.headersSent) return response.destroy();
          response.statusCode = 502;
          response.end();
        });
        response.on('close', () => { if (!response.writableFinished) upstream.destroy(); });
        request.pipe(upstream);
      });
      server.keepAliveTimeout = 60000;
      server.listen(port, '127.0.0.1', 4096);
      """;

  private NodeRelay() {}
}
