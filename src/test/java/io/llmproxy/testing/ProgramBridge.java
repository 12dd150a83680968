package io.llmproxy.testing;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;

/**
 * Programs on a shell's PATH that run in this process: scripts hand over their arguments, standard input and directory, and give back
 * what was printed and the exit code. A page of commands runs in a second, and not in the minutes that as many JVMs would take.
 */
public final class ProgramBridge implements AutoCloseable {
    private static final String SCRIPT = """
            #!/bin/bash
            exec 3<>/dev/tcp/127.0.0.1/PORT || exit 99
            { printf '%s\\n' NAME; printf %s "$PWD" | base64 -w0; echo; printf '%s\\0' "$@" | base64 -w0; echo
              if [ -t 0 ]; then echo; else base64 -w0; echo; fi; } >&3
            read -r code <&3; read -r out <&3; read -r err <&3
            printf %s "$out" | base64 -d
            printf %s "$err" | base64 -d >&2
            exit "$code"
            """;

    /** What one of the programs does. */
    @FunctionalInterface
    public interface Program {
        int run(Path here, String[] args, PrintStream out, PrintStream err, InputStream in);
    }

    private final ServerSocket server;
    private final Map<String, Program> programs;

    private ProgramBridge(ServerSocket server, Map<String, Program> programs) {
        this.server = server;
        this.programs = programs;
    }

    /** @param directory where the scripts go */
    public static ProgramBridge start(Path directory, Map<String, Program> programs) throws IOException {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        for (String name : programs.keySet()) {
            Path script = Files.writeString(
                    directory.resolve(name),
                    SCRIPT.replace("PORT", Integer.toString(server.getLocalPort()))
                            .replace("NAME", name));
            Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        ProgramBridge bridge = new ProgramBridge(server, Map.copyOf(programs));
        Thread.ofVirtual().name("program-bridge").start(bridge::serve);
        return bridge;
    }

    private void serve() {
        while (true) {
            try {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> answer(socket));
            } catch (SocketException e) {
                return; // closed
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void answer(Socket socket) {
        try (socket) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            String name = in.readLine();
            Path here = Path.of(text(in.readLine()));
            String[] args = text(in.readLine()).split("\0", -1);
            byte[] input = Base64.getDecoder().decode(in.readLine());
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            Program program = programs.get(name);
            int code = program == null
                    ? 127
                    : program.run(
                            here,
                            Arrays.copyOf(args, args.length - 1),
                            new PrintStream(out, true, StandardCharsets.UTF_8),
                            new PrintStream(err, true, StandardCharsets.UTF_8),
                            new ByteArrayInputStream(input));
            OutputStream back = socket.getOutputStream();
            Base64.Encoder base64 = Base64.getEncoder();
            String answer = code + "\n" + base64.encodeToString(out.toByteArray()) + "\n"
                    + base64.encodeToString(err.toByteArray()) + "\n";
            back.write(answer.getBytes(StandardCharsets.UTF_8));
            back.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(String base64) {
        return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
