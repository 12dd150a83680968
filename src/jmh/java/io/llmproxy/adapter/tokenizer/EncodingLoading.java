package io.llmproxy.adapter.tokenizer;

import io.llmproxy.domain.usage.TokenEncoding;
import java.lang.management.ManagementFactory;

/** How long the first count by each encoding takes, and the heap that its table keeps after a full collection. No arguments. */
public final class EncodingLoading {
    private EncodingLoading() {}

    public static void main(String[] args) {
        JtokkitTokenizer tokenizer = new JtokkitTokenizer();
        long before = heap();
        for (TokenEncoding encoding : TokenEncoding.values()) {
            long began = System.nanoTime();
            int tokens = tokenizer.count(encoding, "Hello, world");
            long millis = (System.nanoTime() - began) / 1_000_000;
            long after = heap();
            System.out.printf(
                    "%s: first count (%d tokens) %d ms, table %.1f MB%n",
                    encoding, tokens, millis, (after - before) / 1e6);
            before = after;
        }
    }

    private static long heap() {
        for (int i = 0; i < 4; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
