package io.llmproxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerLocatorTest {
    private static final String ANSWER = "{\"items\":[],\"next\":null}";
    private static final String LIST = "GET /api/v1/tenants/acme/keys?limit=1000";

    private Path directory;
    private CtlRun ctl;

    @BeforeEach
    void setUp(@TempDir Path temporary) {
        directory = temporary;
        ctl = new CtlRun(temporary);
    }

    @Test
    void searchesTheUsualPlacesInOrder() throws IOException {
        try (FakeAdminServer here = serve("llmproxy-data/admin.sock")) {
            assertThat(list()).isZero();
            assertThat(here.seen()).hasSize(1);
            try (FakeAdminServer all = serve("run/_all/admin.sock")) {
                assertThat(list()).isZero();
                assertThat(all.seen()).hasSize(1);
                try (FakeAdminServer tenant = serve("run/acme/admin.sock")) {
                    assertThat(list()).isZero();
                    assertThat(tenant.seen()).hasSize(1);
                    try (FakeAdminServer env = serve("env.sock")) {
                        ctl.env("LLMPROXY_SOCKET", directory.resolve("env.sock").toString());
                        assertThat(list()).isZero();
                        assertThat(env.seen()).hasSize(1);
                        try (FakeAdminServer option = serve("option.sock")) {
                            assertThat(list(
                                            "--socket",
                                            directory.resolve("option.sock").toString()))
                                    .isZero();
                            assertThat(option.seen()).hasSize(1);
                        }
                    }
                }
                assertThat(all.seen()).hasSize(1);
            }
            assertThat(here.seen()).hasSize(1);
        }
    }

    @Test
    void goesPastADeadSocketThatNobodyNamed() throws IOException {
        serve("run/acme/admin.sock").close();
        try (FakeAdminServer here = serve("llmproxy-data/admin.sock")) {
            assertThat(list()).isZero();
            assertThat(here.seen()).hasSize(1);
        }
    }

    @Test
    void doesNotSearchOnWhereTheNamedSocketIsDead() throws IOException {
        serve("dead.sock").close();
        String dead = directory.resolve("dead.sock").toString();
        try (FakeAdminServer here = serve("llmproxy-data/admin.sock")) {
            assertThat(list("--socket", dead)).isEqualTo(3);
            assertThat(ctl.err()).contains(dead).contains("--socket").contains("nobody listens there");
            ctl.env("LLMPROXY_SOCKET", dead + "2");
            assertThat(list()).isEqualTo(3);
            assertThat(ctl.err()).contains("LLMPROXY_SOCKET").contains("no such file");
            assertThat(here.seen()).isEmpty();
        }
    }

    @Test
    void saysWhereItLookedAndHowToStartAServer() {
        assertThat(list()).isEqualTo(3);
        assertThat(ctl.err())
                .startsWith("llmproxyctl: no llmproxy server found; tried\n")
                .contains("run/acme/admin.sock: there is no such file")
                .contains("run/_all/admin.sock")
                .contains("llmproxy-data/admin.sock")
                .contains("`llmproxy serve`");
    }

    @Test
    void printsItsOwnVersionWithoutAServer() {
        assertThat(ctl.run("version")).isZero();
        assertThat(ctl.out()).startsWith("llmproxyctl ").contains("no server found");
        assertThat(ctl.run("version", "-o", "json")).isZero();
        assertThat(ctl.out()).contains("\"server\": null");
    }

    @Test
    void refusesASocketOfAStranger() throws IOException {
        try (FakeAdminServer stranger = serve("llmproxy-data/admin.sock")) {
            ctl.peer("mallory");
            assertThat(list()).isEqualTo(3);
            assertThat(ctl.err()).contains("user mallory").contains("refused");
            assertThat(stranger.seen()).isEmpty();
            for (String friend : new String[] {"root", "llmproxy", "tester"}) {
                assertThat(ctl.peer(friend).run("-t", "acme", "key", "list")).isZero();
            }
        }
    }

    @Test
    void readsThePeerFromTheKernel() throws IOException {
        try (FakeAdminServer own = serve("s")) {
            Endpoint.UnixSocket socket = new Endpoint.UnixSocket(directory.resolve("s"), PeerCheck.ofKernel());
            assertThat(new AdminClient(socket)
                            .get(ApiPath.of("tenants", "acme", "keys").with("limit", "1000"))
                            .has("items"))
                    .isTrue();
            assertThat(own.seen()).hasSize(1);
        }
    }

    @Test
    void knowsACallerWithoutANameByItsNumber() {
        assertThat(PeerCheck.caller("ada")).isEqualTo("ada");
        assertThat(PeerCheck.caller("?")).matches("[0-9]+");
    }

    @Test
    void givesUpOnAServerThatDoesNotAnswer() throws IOException {
        Path path = directory.resolve("hung");
        try (ServerSocketChannel hung = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            hung.bind(UnixDomainSocketAddress.of(path));
            AdminClient client = new AdminClient(
                    new Endpoint.UnixSocket(path, new PeerCheck("me", c -> "me")), Duration.ofMillis(100));
            Assertions.assertThatThrownBy(() -> client.get(ApiPath.of("status")))
                    .isInstanceOfSatisfying(
                            CliException.class, e -> assertThat(e.code()).isEqualTo(ExitCode.NO_SERVER))
                    .hasMessageContaining("no answer within");
        }
    }

    @Test
    void sendsTheTokenOfTheFileToAUrl() throws IOException {
        Path token = Files.writeString(directory.resolve("token"), "tok-1\n");
        try (ServerSocket socket = FakeAdminServer.loopback();
                FakeAdminServer server = FakeAdminServer.onLoopback(socket)) {
            server.answer("GET /base/api/v1/tenants/acme/keys?limit=1000", 200, ANSWER);
            String url = "http://127.0.0.1:" + socket.getLocalPort() + "/base/";

            assertThat(list("--url", url, "--token-file", token.toString())).isZero();
            assertThat(server.last().head())
                    .contains("\r\nAuthorization: Bearer tok-1\r\n")
                    .contains("\r\nHost: 127.0.0.1:" + socket.getLocalPort() + "\r\n");
            ctl.env("LLMPROXY_URL", url);
            assertThat(list()).isZero();
            assertThat(server.last().head()).doesNotContain("Authorization");
        }
        assertThat(list()).isEqualTo(3);
    }

    @Test
    void refusesATokenThatWouldForgeAHeader() throws IOException {
        Path token = Files.writeString(directory.resolve("token"), "tok\r\nX-Evil: 1");

        assertThat(list("--url", "http://127.0.0.1:1", "--token-file", token.toString()))
                .isEqualTo(2);
        assertThat(ctl.err()).contains("holds no token").doesNotContain("Evil");
    }

    private int list(String... options) {
        String[] args = new String[options.length + 4];
        System.arraycopy(new String[] {"-t", "acme", "key", "list"}, 0, args, 0, 4);
        System.arraycopy(options, 0, args, 4, options.length);
        return ctl.run(args);
    }

    private FakeAdminServer serve(String path) throws IOException {
        Path socket = directory.resolve(path);
        Files.createDirectories(socket.getParent());
        return FakeAdminServer.on(socket).answer(LIST, 200, ANSWER);
    }
}
