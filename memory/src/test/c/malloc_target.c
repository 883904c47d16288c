/*
 * A process to be counted, as MallocTarget is, for versions of glibc that no JVM runs on here.
 * GlibcVersionsBench builds it and says how. Nothing of its own comes from malloc.
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* mallinfo */

#define WORKERS_MAX 16

extern __typeof(mallinfo2) mallinfo2 __attribute__((weak)); /* 2.31 has none */

struct worker {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  char task; /* 0: none */
  unsigned seed;
  void **blocks;
  long count, least, most;
};

static struct worker workers[WORKERS_MAX];
static int started;

static void allocate(struct worker *w) {
  w->blocks = mmap(0, w->count * sizeof(void *), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (long i = 0; i < w->count; i++) {
    size_t bytes = w->least + rand_r(&w->seed) % (w->most - w->least + 1);
    w->blocks[i] = malloc(bytes);
    memset(w->blocks[i], 1, bytes);
  }
}

static void release(struct worker *w, int every) {
  for (long i = 0; i < w->count - 1; i += every) free(w->blocks[i]);
}

static void *work(void *given) {
  struct worker *w = given;
  pthread_mutex_lock(&w->lock);
  for (;;) {
    while (!w->task) pthread_cond_wait(&w->changed, &w->lock);
    if (w->task == 'a') allocate(w);
    else release(w, w->task == 'o' ? 2 : 1);
    w->task = 0;
    pthread_cond_broadcast(&w->changed);
  }
}

static void tell(struct worker *w, char task) {
  pthread_mutex_lock(&w->lock);
  w->task = task;
  pthread_cond_broadcast(&w->changed);
  while (w->task) pthread_cond_wait(&w->changed, &w->lock);
  pthread_mutex_unlock(&w->lock);
}

static void start(long count, long least, long most) {
  struct worker *w = &workers[started++];
  w->seed = started;
  w->count = count;
  w->least = least;
  w->most = most;
  pthread_mutex_init(&w->lock, 0);
  pthread_cond_init(&w->changed, 0);
  pthread_create(&w->thread, 0, work, w);
}

static void truth(void) {
  struct mallinfo2 m = {0};
  if (mallinfo2) {
    m = mallinfo2();
  } else {
    struct mallinfo old = mallinfo();
    m.arena = (unsigned)old.arena, m.hblks = (unsigned)old.hblks;
    m.hblkhd = (unsigned)old.hblkhd, m.fsmblks = (unsigned)old.fsmblks;
    m.uordblks = (unsigned)old.uordblks, m.fordblks = (unsigned)old.fordblks;
    m.keepcost = (unsigned)old.keepcost;
  }
  printf("%zu %zu %zu %zu %zu %zu %zu\n", m.arena, m.hblks, m.hblkhd, m.fsmblks, m.uordblks,
         m.fordblks, m.keepcost);
}

int main(void) {
  static char in[4096], out[4096], line[256], word[16];
  long threads, count, least, most;
  setvbuf(stdin, in, _IOFBF, sizeof in);
  setvbuf(stdout, out, _IOLBF, sizeof out);
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "alloc %ld %ld %ld %ld", &threads, &count, &least, &most) == 4) {
      while (threads-- > 0 && started < WORKERS_MAX) start(count, least, most);
      for (int i = 0; i < started; i++) tell(&workers[i], 'a');
    } else if (sscanf(line, "free %15s", word) == 1) {
      for (int i = 0; i < started; i++) tell(&workers[i], word[0]);
    } else if (!strncmp(line, "trim", 4)) {
      malloc_trim(0);
    } else {
      truth();
      continue;
    }
    puts("done");
  }
  return 0;
}
