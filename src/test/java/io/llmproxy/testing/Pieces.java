package io.llmproxy.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Cuts bytes into pieces as a network does, the same for the same seed: seed 0 cuts after every byte. */
public final class Pieces {
    private Pieces() {}

    /** Takes pieces of an array. */
    public interface Feed<E extends Exception> {
        void feed(byte[] in, int from, int length) throws E;
    }

    public static <E extends Exception> void feed(byte[] all, int seed, Feed<E> feed) throws E {
        // in an array that has other bytes around, so that nothing may look beyond its piece
        byte[] around = new byte[all.length + 2];
        Arrays.fill(around, (byte) '"');
        System.arraycopy(all, 0, around, 1, all.length);
        Random random = new Random(seed);
        for (int at = 0; at < all.length; ) {
            int length = length(random, seed, all.length - at);
            feed.feed(around, 1 + at, length);
            at += length;
        }
    }

    /** In pieces that end at those places, in order. */
    public static <E extends Exception> void cut(byte[] all, Feed<E> feed, int... places) throws E {
        int at = 0;
        for (int place : places) {
            feed.feed(all, at, place - at);
            at = place;
        }
        feed.feed(all, at, all.length - at);
    }

    public static List<byte[]> of(byte[] all, int seed) {
        List<byte[]> out = new ArrayList<>();
        feed(all, seed, (in, from, length) -> out.add(Arrays.copyOfRange(in, from, from + length)));
        return out;
    }

    private static int length(Random random, int seed, int most) {
        return seed == 0 ? 1 : Math.min(most, 1 + random.nextInt(1 << random.nextInt(1, 8)));
    }

    /** What follows the first byte of an input, which chooses the pieces. */
    public static byte[] payload(byte[] input) {
        return input.length == 0 ? input : Arrays.copyOfRange(input, 1, input.length);
    }

    public static int seed(byte[] input) {
        return input.length == 0 ? 0 : input[0];
    }
}
