// A relay of one resource: node --expose-gc relay.js naive|pipe URL
//
// `naive` writes each chunk and ignores what `write` answers; `pipe` waits for slow readers.
// Commands, a line each: `usage` prints what is held; `pin` makes buffers that stay, as whatever comes
// late does, so that malloc cannot give back what lies below them; `gc` collects. It ends with its
// input.
'use strict';
const http = require('http');
const [mode, url] = process.argv.slice(2);
const open = new Set();
const pinned = [];
let received = 0;

const server = http.createServer((request, response) => {
  open.add(response);
  const download = http.get(url, downloadRes => {
    response.writeHead(200, {'Content-Length': downloadRes.headers['content-length']});
    if (mode === 'pipe') {
      downloadRes.pipe(response);
    } else {
      downloadRes.on('data', chunk => {
        received += chunk.length;
        response.write(chunk);
      });
      downloadRes.on('end', () => response.end());
    }
  });
  download.on('error', () => response.destroy());
  response.on('close', () => {
    open.delete(response);
    download.destroy();
  });
});

function usage() {
  let waiting = 0;
  for (const response of open) {
    waiting += response.writableLength;
  }
  const {rss, external, heapTotal} = process.memoryUsage();
  return JSON.stringify({received, waiting, open: open.size, rss, external, heap_total: heapTotal});
}

function answer(command) {
  if (command === 'usage') {
    console.log(usage());
  } else if (command === 'pin') {
    for (let i = 0; i < 64; i++) {
      pinned.push(Buffer.allocUnsafeSlow(65536).fill(1));
    }
    console.log('done pin');
  } else if (command === 'gc') {
    global.gc();
    setImmediate(() => {
      global.gc();
      console.log('done gc');
    });
  } else {
    console.log('unknown ' + command);
  }
}

require('readline').createInterface({input: process.stdin})
    .on('line', answer)
    .on('close', () => process.exit(0));
server.listen(0, '127.0.0.1', () => console.log('listening ' + server.address().port));
