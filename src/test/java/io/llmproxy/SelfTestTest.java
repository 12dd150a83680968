package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.port.StoreException;
import io.llmproxy.testing.TestAppliance;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Before it says that it is ready, the server finds out itself what does not work, and says which part. */
class SelfTestTest {
    private static TestAppliance appliance = TestAppliance.start();

    @TempDir
    Path directory;

    @BeforeAll
    static void start() {
        assertThat(appliance.gateway()).isNotNull();
    }

    @AfterAll
    static void stop() {
        appliance.close();
    }

    @Test
    void aWholeServerPassesAndNothingIsLeftOfTheTest() throws IOException {
        assertThatCode(() -> appliance.appliance().test()).doesNotThrowAnyException();
        assertThat(appliance.directory().resolve("journal/self-test")).doesNotExist();
        assertThat(appliance.ctl("usage", "export", "-o", "jsonl").out()).isEmpty();
    }

    @Test
    void theListenersThatStandForAllAreReachedByLoopback() {
        for (String all : new String[] {"0.0.0.0", "127.0.0.1"}) {
            assertThatCode(() -> test(listener(all), appliance.appliance().socket(), SelfTestTest::fine, directory)
                            .run(() -> {}))
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void aJournalThatCannotBeWrittenIsTold() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");
        fails(
                test(own(), appliance.appliance().socket(), SelfTestTest::fine, file.resolve("journal")),
                "the journal in " + file + "/journal cannot be written");
    }

    @Test
    void aDatabaseThatDoesNotAnswerIsTold() {
        Runnable away = () -> {
            throw new StoreException("reading a tenant failed: connection refused", new IOException());
        };
        fails(
                test(own(), appliance.appliance().socket(), away, directory),
                "the database does not answer: ",
                "connection refused");
    }

    @Test
    void anAdminSocketThatIsDeadOrAnotherProgramsIsTold() throws Exception {
        fails(
                test(own(), directory.resolve("none.sock"), SelfTestTest::fine, directory),
                "the admin socket",
                "none.sock");
        Path path = directory.resolve("other.sock");
        try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.bind(UnixDomainSocketAddress.of(path));
            Thread answering = Thread.ofVirtual().start(() -> {
                try (var connection = other.accept()) {
                    connection.write(StandardCharsets.US_ASCII.encode("220 mail\r\n"));
                } catch (IOException e) {
                    // the test says what is missing
                }
            });
            fails(test(own(), path, SelfTestTest::fine, directory), "the admin socket", "");
            answering.join();
        }
    }

    @Test
    void aListenerForProxiesGetsTheHeaderOfAProxysOwnCheck() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            FutureTask<String> request = new FutureTask<>(() -> {
                try (Socket connection = other.accept()) {
                    BufferedReader in = new BufferedReader(
                            new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII));
                    String lines = Stream.generate(() -> line(in)).limit(5).collect(Collectors.joining("|"));
                    connection
                            .getOutputStream()
                            .write("HTTP/1.1 401 Unauthorized\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    return lines;
                }
            });
            Thread.ofVirtual().start(request);
            test(
                            new OwnListener("127.0.0.1", other.getLocalPort(), true),
                            appliance.appliance().socket(),
                            SelfTestTest::fine,
                            directory)
                    .run(() -> {});
            assertThat(request.get()).isEqualTo("||\0|QUIT| \0\0\0GET /v1/models HTTP/1.1");
        }
    }

    private static String line(BufferedReader in) {
        try {
            return in.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aListenerThatAnswersOtherwiseIsTold() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread answering = Thread.ofVirtual().start(() -> {
                try (Socket connection = other.accept();
                        OutputStream out = connection.getOutputStream()) {
                    out.write("HTTP/1.1 500 Broken\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    out.flush();
                    connection.getInputStream().readAllBytes();
                } catch (IOException e) {
                    // the test says what is missing
                }
            });
            fails(
                    test(
                            new OwnListener("127.0.0.1", other.getLocalPort(), false),
                            appliance.appliance().socket(),
                            SelfTestTest::fine,
                            directory),
                    "the gateway's listener 127.0.0.1:" + other.getLocalPort() + " does not answer",
                    "500 Broken");
            answering.join();
        }
    }

    private static void fine() {
        // as a database that answers
    }

    private static SelfTest test(OwnListener listener, Path socket, Runnable database, Path journal) {
        return new SelfTest(listener, socket, database, journal);
    }

    private static OwnListener own() {
        return listener("127.0.0.1");
    }

    private static OwnListener listener(String host) {
        return new OwnListener(host, appliance.gateway().getPort(), false);
    }

    private static void fails(SelfTest test, String... words) {
        assertThatThrownBy(() -> test.run(() -> {}))
                .isInstanceOfSatisfying(
                        StartException.class, e -> assertThat(e.exitCode()).isEqualTo(StartException.FAILURE))
                .hasMessageStartingWith("the self-test failed: " + words[0])
                .hasMessageContainingAll(words);
    }
}
