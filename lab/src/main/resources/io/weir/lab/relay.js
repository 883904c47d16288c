'use strict';
// The program of the story: each chunk that comes is written, and nobody asks whether the reader
// keeps up. Commands on standard input, a line each: gc, stats. It ends with its standard input.
const http = require('http');
const readline = require('readline');
const originPort = Number(process.argv[process.argv.length - 1]);

const server = http.createServer((request, response) => {
  http.get({ host: '127.0.0.1', port: originPort, path: request.url, agent: false }, (download) => {
    response.writeHead(download.statusCode, { 'Content-Length': download.headers['content-length'] });
    download.on('data', (chunk) => response.write(chunk));
    download.on('end', () => response.end());
  }).on('error', () => response.destroy());
});
server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port));

const commands = readline.createInterface({ input: process.stdin });
commands.on('line', (line) => {
  if (line === 'gc') {
    global.gc();
    // What a collection finds is released a moment later, and a second one takes what is left.
    setTimeout(() => { global.gc(); setTimeout(() => console.log('gc 2'), 300); }, 300);
  } else {
    console.log('ok');
  }
});
commands.on('close', () => process.exit(0));
