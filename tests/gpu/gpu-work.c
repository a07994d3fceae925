/* SPDX-License-Identifier: Apache-2.0
 *
 * gpu-work.c: a CUDA program of the driver's interface alone, for machines without the toolkit.
 *
 *   gpu-work check      adds two vectors on the GPU and compares every element; exit status 0 when all are right
 *   gpu-work launch     nanoseconds for a launch of an empty kernel, waited for: what nvproxy has to do with most
 *   gpu-work multiply   microseconds for a product of two matrices of 2048 x 2048
 *   gpu-work copy       microseconds for 256 MiB to the GPU and back
 *
 * Each measurement is the least of several rounds, on one line.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT (1 << 20)
#define SIZE 2048
#define COPY ((size_t)256 << 20)
#define ROUNDS 7
#define LAUNCHES 10000

/* NUL-ended; build puts it here. */
extern const char kernels_ptx[];

typedef int Result;
typedef uint64_t Pointer;

static struct {
  Result (*init) (unsigned);
  Result (*device) (int *, int);
  Result (*name) (char *, int, int);
  Result (*version) (int *);
  Result (*context) (void **, unsigned, int);
  Result (*load) (void **, const void *);
  Result (*function) (void **, void *, const char *);
  Result (*allocate) (Pointer *, size_t);
  Result (*to_device) (Pointer, const void *, size_t);
  Result (*from_device) (void *, Pointer, size_t);
  Result (*launch) (void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **,
                    void **);
  Result (*wait) (void);
  Result (*error_name) (Result, const char **);
} cuda;

static void
die (const char *what, const char *why)
{
  fprintf (stderr, "gpu-work: %s: %s\n", what, why);
  exit (1);
}

static void
check (Result result, const char *what)
{
  const char *name = "no name";

  if (result == 0)
    return;
  if (cuda.error_name != NULL)
    cuda.error_name (result, &name);
  die (what, name);
}

static void
find (void *library, const char *symbol, void *place)
{
  void *found = dlsym (library, symbol);

  if (found == NULL)
    die (symbol, "libcuda.so.1 has no such function");
  memcpy (place, &found, sizeof found);
}

static void
open_cuda (void)
{
  void *library = dlopen ("libcuda.so.1", RTLD_NOW);

  if (library == NULL)
    die ("libcuda.so.1", dlerror ());
  find (library, "cuGetErrorName", &cuda.error_name);
  find (library, "cuInit", &cuda.init);
  find (library, "cuDeviceGet", &cuda.device);
  find (library, "cuDeviceGetName", &cuda.name);
  find (library, "cuDriverGetVersion", &cuda.version);
  find (library, "cuCtxCreate_v2", &cuda.context);
  find (library, "cuModuleLoadData", &cuda.load);
  find (library, "cuModuleGetFunction", &cuda.function);
  find (library, "cuMemAlloc_v2", &cuda.allocate);
  find (library, "cuMemcpyHtoD_v2", &cuda.to_device);
  find (library, "cuMemcpyDtoH_v2", &cuda.from_device);
  find (library, "cuLaunchKernel", &cuda.launch);
  find (library, "cuCtxSynchronize", &cuda.wait);
}

static void *
open_kernel (const char *name)
{
  void *context, *module, *function;
  int device;

  check (cuda.init (0), "cuInit");
  check (cuda.device (&device, 0), "cuDeviceGet");
  check (cuda.context (&context, 0, device), "cuCtxCreate");
  check (cuda.load (&module, kernels_ptx), "cuModuleLoadData");
  check (cuda.function (&function, module, name), name);
  return function;
}

static int64_t
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static Pointer
allocate (size_t size)
{
  Pointer pointer;

  check (cuda.allocate (&pointer, size), "cuMemAlloc");
  return pointer;
}

static float *
numbers (size_t count, float first)
{
  float *values = malloc (count * sizeof *values);

  if (values == NULL)
    die ("malloc", "no memory");
  for (size_t i = 0; i < count; i++)
    values[i] = first + (float)(i % 1000);
  return values;
}

static int
check_sums (void)
{
  void *add = open_kernel ("add");
  float *a = numbers (COUNT, 1), *b = numbers (COUNT, 0.5f), *sum = numbers (COUNT, 0);
  Pointer on_a = allocate (COUNT * sizeof *a), on_b = allocate (COUNT * sizeof *a), on_sum = allocate (COUNT * sizeof *a);
  int count = COUNT, wrong = 0, driver = 0;
  void *arguments[] = {&on_a, &on_b, &on_sum, &count};
  char name[128] = "?";

  check (cuda.to_device (on_a, a, COUNT * sizeof *a), "cuMemcpyHtoD");
  check (cuda.to_device (on_b, b, COUNT * sizeof *b), "cuMemcpyHtoD");
  check (cuda.launch (add, COUNT / 256, 1, 1, 256, 1, 1, 0, NULL, arguments, NULL), "cuLaunchKernel");
  check (cuda.from_device (sum, on_sum, COUNT * sizeof *sum), "cuMemcpyDtoH");
  for (int i = 0; i < COUNT; i++)
    wrong += sum[i] != a[i] + b[i];
  check (cuda.name (name, sizeof name, 0), "cuDeviceGetName");
  check (cuda.version (&driver), "cuDriverGetVersion");
  printf ("%s, CUDA %d.%d: %d of %d sums are wrong\n", name, driver / 1000, driver % 1000 / 10, wrong, COUNT);
  return wrong != 0;
}

static int64_t
launch_round (void *nothing)
{
  int64_t start = now ();

  for (int i = 0; i < LAUNCHES; i++) {
    check (cuda.launch (nothing, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL), "cuLaunchKernel");
    check (cuda.wait (), "cuCtxSynchronize");
  }
  return (now () - start) / LAUNCHES;
}

static int64_t
multiply_round (void *multiply)
{
  static Pointer a, b, product;
  int size = SIZE;
  void *arguments[] = {&a, &b, &product, &size};
  int64_t start;

  if (a == 0) {
    float *values = numbers ((size_t)SIZE * SIZE, 0);

    a = allocate ((size_t)SIZE * SIZE * sizeof *values);
    b = allocate ((size_t)SIZE * SIZE * sizeof *values);
    product = allocate ((size_t)SIZE * SIZE * sizeof *values);
    check (cuda.to_device (a, values, (size_t)SIZE * SIZE * sizeof *values), "cuMemcpyHtoD");
    check (cuda.to_device (b, values, (size_t)SIZE * SIZE * sizeof *values), "cuMemcpyHtoD");
  }
  start = now ();
  check (cuda.launch (multiply, SIZE / 16, SIZE / 16, 1, 16, 16, 1, 0, NULL, arguments, NULL), "cuLaunchKernel");
  check (cuda.wait (), "cuCtxSynchronize");
  return (now () - start) / 1000;
}

static int64_t
copy_round (void *unused)
{
  static Pointer there;
  static char *here;
  int64_t start;

  (void)unused;
  if (here == NULL) {
    here = malloc (COPY);
    if (here == NULL)
      die ("malloc", "no memory");
    memset (here, 7, COPY);
    there = allocate (COPY);
  }
  start = now ();
  check (cuda.to_device (there, here, COPY), "cuMemcpyHtoD");
  check (cuda.from_device (here, there, COPY), "cuMemcpyDtoH");
  return (now () - start) / 1000;
}

static int
measure (const char *kernel, int64_t (*round) (void *))
{
  void *function = open_kernel (kernel);
  int64_t least = INT64_MAX;

  round (function); /* the first one loads and maps */
  for (int i = 0; i < ROUNDS; i++) {
    int64_t taken = round (function);

    least = taken < least ? taken : least;
  }
  printf ("%lld\n", (long long)least);
  return 0;
}

int
main (int argc, char **argv)
{
  const char *what = argc == 2 ? argv[1] : "";

  if (strcmp (what, "check") != 0 && strcmp (what, "launch") != 0 && strcmp (what, "multiply") != 0 &&
      strcmp (what, "copy") != 0) {
    fputs ("usage: gpu-work check|launch|multiply|copy\n", stderr);
    return 2;
  }
  open_cuda ();
  if (strcmp (what, "check") == 0)
    return check_sums ();
  if (strcmp (what, "launch") == 0)
    return measure ("nothing", launch_round);
  if (strcmp (what, "multiply") == 0)
    return measure ("multiply", multiply_round);
  return measure ("nothing", copy_round);
}
