// Numbers as people read them. MB are 1,000,000 bytes, as everywhere in Weir.

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const count = (n) => grouped.format(n);

export const megabytes = (bytes) => tenths.format(bytes / 1e6);

/** With the unit that suits: a flow may have moved bytes or terabytes. */
export function size(bytes) {
  if (bytes < 1e3) return count(bytes) + " B";
  if (bytes < 1e6) return tenths.format(bytes / 1e3) + " kB";
  if (bytes < 1e9) return megabytes(bytes) + " MB";
  return tenths.format(bytes / 1e9) + " GB";
}

export function time(millis) {
  const seconds = Math.floor(millis / 1000);
  if (seconds < 60) return seconds + " s";
  if (seconds < 3600) return Math.floor(seconds / 60) + " min " + (seconds % 60) + " s";
  return Math.floor(seconds / 3600) + " h " + Math.floor((seconds % 3600) / 60) + " min";
}

export const clock = (millis) => new Date(millis).toLocaleTimeString("en-GB");

/** Sets an element's text, but only a new one: screen readers are told of each change. */
export function say(id, text) {
  const element = document.getElementById(id);
  if (element.textContent !== text) element.textContent = text;
}
