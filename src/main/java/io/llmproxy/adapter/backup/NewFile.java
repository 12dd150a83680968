package io.llmproxy.adapter.backup;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.Objects;

/** A file that is there whole or not at all: written under another name for its owner alone, synced, and renamed. */
public final class NewFile {
    private NewFile() {}

    /** Writes the content. */
    @FunctionalInterface
    public interface Writing<T> {
        T to(OutputStream out) throws IOException;
    }

    /** @throws BackupException where that cannot be done, as on a full disk; nothing of it is left */
    public static <T> T write(Path target, Writing<T> writing) {
        try (PartFile part = PartFile.open(target)) {
            OutputStream out = new BufferedOutputStream(Channels.newOutputStream(part.channel()), 64 << 10);
            T result = writing.to(out);
            out.flush();
            part.finish();
            return result;
        } catch (IOException e) {
            throw failed(target, e, e);
        } catch (UncheckedIOException e) {
            throw failed(target, Objects.requireNonNull(e.getCause()), e);
        }
    }

    private static BackupException failed(Path target, IOException fault, Exception cause) {
        return new BackupException(
                "writing " + target + " failed: " + reason(fault) + "; nothing of it is left", cause);
    }

    private static String reason(IOException e) {
        return e.getMessage() == null || e instanceof java.nio.file.FileSystemException ? e.toString() : e.getMessage();
    }
}
