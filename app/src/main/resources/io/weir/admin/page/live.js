// The connection to /live: frames come in, its state goes out, and it comes back by itself.
//
//   connecting --200--> live --ends, silent for 6 s--> lost --2 s, doubling to 15--> connecting
//        |                                              ^
//        +-- 503: as many watch as may; Retry-After ----+     hidden page: no connection
//
// It reads the event stream by fetch, since an EventSource does not tell why it was refused.

const SILENCE_MILLIS = 6000;
const RETRY_MILLIS = 2000;
const RETRY_MILLIS_MAX = 15000;

export function watch({ onFrame, onState, onOpen }) {
  let failures = 0;
  let timer = 0;
  let abort = null;

  function again(why, millis) {
    abort = null;
    if (document.hidden) return;
    const wait = millis ?? Math.min(RETRY_MILLIS_MAX, RETRY_MILLIS * 2 ** Math.min(failures++, 4));
    onState("lost", `${why}; trying again every ${Math.round(wait / 1000)} s`);
    clearTimeout(timer);
    timer = setTimeout(connect, wait);
  }

  async function connect() {
    if (abort || document.hidden) return;
    const here = new AbortController();
    abort = here;
    let silence = setTimeout(() => here.abort(), SILENCE_MILLIS);
    try {
      const response = await fetch("live", { signal: here.signal, cache: "no-store" });
      if (response.status === 503) {
        const seconds = Number(response.headers.get("Retry-After")) || 10;
        const text = await response.text();
        return again(text.trim(), seconds * 1000);
      }
      if (!response.ok) return again(`Weir answers ${response.status}`);
      await onOpen();
      await read(response.body, () => {
        clearTimeout(silence);
        silence = setTimeout(() => here.abort(), SILENCE_MILLIS);
      });
      again("connection lost: Weir has closed it");
    } catch (e) {
      if (abort === here) again("connection lost");
    } finally {
      clearTimeout(silence);
    }
  }

  async function read(body, alive) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      text += value;
      const events = text.split("\n\n");
      text = events.pop();
      // Only the newest: each is whole.
      const data = events.filter((event) => event.startsWith("data: ")).at(-1);
      if (data) {
        failures = 0;
        onState("live", "live");
        onFrame(JSON.parse(data.slice(6)));
      }
    }
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      clearTimeout(timer);
      const left = abort;
      abort = null;
      left?.abort();
    } else {
      connect();
    }
  });
  connect();
}
