package io.llmproxy.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The terminal while a program draws on it: its other screen, no cursor, keys without echo. However the program ends, by {@code q},
 * by ctrl-c or by an error, the terminal is as it was.
 */
final class Tty implements AutoCloseable {
    /** Of a terminal that does not tell. */
    private static final Size USUAL = new Size(80, 24);

    private static final String ENTER = "\u001b[?1049h\u001b[?25l";
    private static final String LEAVE = "\u001b[?25h\u001b[?1049l";

    private final PrintStream out;
    private final @Nullable String before;
    private final AtomicBoolean restored = new AtomicBoolean();
    private final AtomicBoolean left = new AtomicBoolean();
    private final Thread hook;

    /** In characters. */
    record Size(int columns, int rows) {}

    private Tty(PrintStream out, @Nullable String before) {
        this.out = out;
        this.before = before;
        this.hook = Thread.ofPlatform().unstarted(this::restore);
    }

    /** @param drawing is interrupted when {@code q} is pressed */
    static Tty open(Shell shell, Thread drawing) {
        String before = stty("-g");
        Tty tty = new Tty(shell.out(), before);
        Runtime.getRuntime().addShutdownHook(tty.hook);
        if (before != null) {
            stty("-icanon", "-echo", "min", "1", "time", "0");
        }
        tty.out.print(ENTER);
        tty.out.flush();
        Thread.ofPlatform().daemon().name("keys").start(() -> tty.keys(shell, drawing));
        return tty;
    }

    private void keys(Shell shell, Thread drawing) {
        try {
            for (int key = shell.in().read(); key >= 0; key = shell.in().read()) {
                if (key == 'q' || key == 'Q') {
                    left.set(true);
                    drawing.interrupt();
                    return;
                }
            }
        } catch (IOException e) {
            // no keys then: ctrl-c ends it
        }
    }

    boolean left() {
        return left.get();
    }

    Size size() {
        String told = stty("size");
        String[] parts = told == null ? new String[0] : told.strip().split(" ");
        try {
            int rows = Integer.parseInt(parts[0]);
            int columns = Integer.parseInt(parts[1]);
            return rows > 0 && columns > 0 ? new Size(columns, rows) : USUAL;
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            return USUAL;
        }
    }

    /** One write for all of it, over what is there, so that nothing flickers. */
    void show(List<String> lines) throws IOException {
        StringBuilder frame = new StringBuilder("\u001b[H");
        for (int i = 0; i < lines.size(); i++) {
            frame.append(i == 0 ? "" : "\r\n").append(lines.get(i)).append("\u001b[K");
        }
        out.print(frame.append("\u001b[J"));
        if (out.checkError()) {
            throw new IOException("nobody reads it");
        }
    }

    private void restore() {
        if (restored.compareAndSet(false, true)) {
            out.print(LEAVE);
            out.flush();
            if (before != null) {
                stty(before.strip());
            }
        }
    }

    /** What stty printed; null where there is none, or no terminal. */
    private static @Nullable String stty(String... arguments) {
        try {
            Process process = new ProcessBuilder("sh", "-c", "stty " + String.join(" ", arguments) + " < /dev/tty")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor(2, TimeUnit.SECONDS) && process.exitValue() == 0 ? told : null;
        } catch (IOException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    @Override
    public void close() {
        // it interrupted the drawing, and restoring waits for a process
        boolean interrupted = Thread.interrupted();
        restore();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the process ends
        }
        if (interrupted && !left.get()) {
            Thread.currentThread().interrupt();
        }
    }
}
