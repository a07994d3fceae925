/* SPDX-License-Identifier: Apache-2.0 */
/* The right symbol, but only four bytes of it; in assembly, since sanitizers pad what C defines. */
__asm__(".data\n"
        ".globl tiny_symbol_LTX_b9_plugin\n"
        ".type tiny_symbol_LTX_b9_plugin, \"object\"\n"
        ".size tiny_symbol_LTX_b9_plugin, 4\n"
        ".balign 4\n"
        "tiny_symbol_LTX_b9_plugin: .long 0x31503942\n"
        ".text\n");
