package io.llmproxy.adapter.provider.simulated;

import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;

/** Pieces of a body that come one by one, each after a pause; a read gives what is left of one piece. */
final class SimulatedBody extends InputStream {
    private final SimulatedCall call;
    private final List<byte[]> pieces;
    private final Duration pause;
    private final int cutAfter;
    private final int hang;
    private int piece;
    private int position;

    SimulatedBody(SimulatedCall call, List<byte[]> pieces, Duration pause, int cutAfter, int hang) {
        this.call = call;
        this.pieces = pieces;
        this.pause = pause;
        this.cutAfter = cutAfter;
        this.hang = hang;
    }

    @Override
    public int read() throws UpstreamException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws UpstreamException {
        if (length == 0) {
            return 0;
        }
        if (piece == pieces.size()) {
            return -1;
        }
        if (position == 0) {
            beforePiece();
        }
        byte[] current = pieces.get(piece);
        int n = Math.min(length, current.length - position);
        System.arraycopy(current, position, bytes, offset, n);
        position += n;
        if (position == current.length) {
            piece++;
            position = 0;
        }
        return n;
    }

    private void beforePiece() throws UpstreamException {
        if (cutAfter > 0 && piece >= cutAfter) {
            throw call.failure(Kind.TRUNCATED, "broke off in the middle of its answer, as it was told to");
        }
        Duration wait = hang >= 0 && piece >= hang ? Duration.ofDays(1) : piece == 0 ? Duration.ZERO : pause;
        call.await(wait, call.idleTimeout(), Kind.IDLE_TIMEOUT);
    }
}
