/**
 * Local language models (GGUF) that write notes. Sizes and checksums come from pin files of public
 * repositories; the files themselves were never loaded by the authors. Data only.
 */
import type { CatalogueEntry } from './catalogueEntry';
import { RUNNER_ID } from './runnerCatalogue';

/**
 * Memory beside the weights, which are loaded once: a context of 16,384 tokens (36 layers of 8 heads
 * of 128, keys and values in 16 bits: 147 KB a token), the program and its buffers.
 */
const BESIDE_WEIGHTS_BYTES = 2_800_000_000;

export const LANGUAGE_MODELS: readonly CatalogueEntry[] = [
  {
    // Qwen3 (Yang et al. 2025, arXiv:2505.09388), weights in 4 bits.
    id: 'qwen3-4b-instruct',
    name: 'Qwen3 4B Instruct, 4-bit',
    kind: 'language',
    provider: 'llama',
    languages: ['*'],
    licence: 'Apache-2.0',
    isDefault: false,
    residentBytes: 2_497_280_736 + BESIDE_WEIGHTS_BYTES,
    needs: [RUNNER_ID],
    version: '2507',
    source: {
      type: 'hub',
      repository: 'bartowski/Qwen_Qwen3-4B-Instruct-2507-GGUF',
      revision: 'ae44f08e1392f39c0e474af10c3ff8355c8b6688',
    },
    files: [
      {
        role: 'model',
        name: 'Qwen_Qwen3-4B-Instruct-2507-Q4_K_M.gguf',
        bytes: 2_497_280_736,
        sha256: '2fde00ce69dd4899c70d020845e2638353015bba0fdf161b3eb965f2bca4464e',
      },
    ],
  },
  {
    id: 'qwen3.5-4b',
    name: 'Qwen3.5 4B, 4-bit',
    kind: 'language',
    provider: 'llama',
    languages: ['*'],
    licence: 'Apache-2.0',
    isDefault: false,
    residentBytes: 2_740_937_888 + BESIDE_WEIGHTS_BYTES,
    needs: [RUNNER_ID],
    experimental: true,
    notice: 'Read its licence on the page of its publisher first: it was not confirmed.',
    version: 'e87f176',
    source: {
      type: 'hub',
      repository: 'unsloth/Qwen3.5-4B-GGUF',
      revision: 'e87f176479d0855a907a41277aca2f8ee7a09523',
    },
    files: [
      {
        role: 'model',
        name: 'Qwen3.5-4B-Q4_K_M.gguf',
        bytes: 2_740_937_888,
        sha256: '00fe7986ff5f6b463e62455821146049db6f9313603938a70800d1fb69ef11a4',
      },
    ],
  },
];
