/* SPDX-License-Identifier: Apache-2.0
 *
 * kernels.cu: what gpu-work launches; build makes PTX of it, which the driver compiles for its GPU.
 */
#define TILE 16

extern "C" __global__ void
nothing (void)
{
}

extern "C" __global__ void
add (const float *a, const float *b, float *sum, int count)
{
  int i = blockIdx.x * blockDim.x + threadIdx.x;

  if (i < count)
    sum[i] = a[i] + b[i];
}

/* @size is a multiple of TILE. */
extern "C" __global__ void
multiply (const float *a, const float *b, float *product, int size)
{
  __shared__ float left[TILE][TILE], right[TILE][TILE];
  int row = blockIdx.y * TILE + threadIdx.y, column = blockIdx.x * TILE + threadIdx.x;
  float sum = 0;

  for (int tile = 0; tile < size; tile += TILE) {
    left[threadIdx.y][threadIdx.x] = a[row * size + tile + threadIdx.x];
    right[threadIdx.y][threadIdx.x] = b[(tile + threadIdx.y) * size + column];
    __syncthreads ();
    for (int k = 0; k < TILE; k++)
      sum += left[threadIdx.y][k] * right[k][threadIdx.x];
    __syncthreads ();
  }
  product[row * size + column] = sum;
}
