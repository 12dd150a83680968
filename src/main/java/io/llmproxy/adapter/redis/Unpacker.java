package io.llmproxy.adapter.redis;

/** Reads a packed list of whole numbers, which is what scripts return. */
final class Unpacker {
    private final byte[] bytes;
    private int at;

    private Unpacker(byte[] bytes) {
        this.bytes = bytes;
    }

    /** @throws IllegalArgumentException where it is something else */
    static long[] numbers(byte[] packed) {
        try {
            Unpacker in = new Unpacker(packed);
            long[] numbers = new long[in.count()];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = in.number();
            }
            return numbers;
        } catch (ArrayIndexOutOfBoundsException e) {
            throw new IllegalArgumentException("the answer of a script is cut off", e);
        }
    }

    private int count() {
        int first = next();
        return switch (first) {
            case 0xdc -> (int) unsigned(2);
            case 0xdd -> (int) unsigned(4);
            default -> {
                if (first >> 4 != 9) {
                    throw unknown(first);
                }
                yield first & 15;
            }
        };
    }

    private long number() {
        int first = next();
        return switch (first) {
            case 0xcc -> unsigned(1);
            case 0xcd -> unsigned(2);
            case 0xce -> unsigned(4);
            case 0xcf, 0xd3 -> unsigned(8);
            case 0xd0 -> (byte) unsigned(1);
            case 0xd1 -> (short) unsigned(2);
            case 0xd2 -> (int) unsigned(4);
            case 0xca -> (long) Float.intBitsToFloat((int) unsigned(4));
            case 0xcb -> (long) Double.longBitsToDouble(unsigned(8));
            default -> {
                if (first >= 0x80 && first < 0xe0) {
                    throw unknown(first);
                }
                yield (byte) first;
            }
        };
    }

    private static IllegalArgumentException unknown(int first) {
        return new IllegalArgumentException("the answer of a script has the unknown mark " + first);
    }

    private long unsigned(int width) {
        long value = 0;
        for (int i = 0; i < width; i++) {
            value = value << 8 | next();
        }
        return value;
    }

    private int next() {
        return bytes[at++] & 255;
    }
}
