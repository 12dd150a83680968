package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llmproxy.adapter.backup.NewFile;
import io.llmproxy.cli.CtlInDirectory;
import io.llmproxy.testing.TestAppliance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What root makes among the files of the service's user, and what that user may have put in its way. */
class OwnershipTest {
    private static final String SERVICE = "nobody";

    @TempDir
    Path directory;

    private UserPrincipal service;
    private Path data;
    private Path outside;

    @BeforeEach
    void given() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "root alone gives files away");
        service = directory.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(SERVICE);
        data = Files.setOwner(Files.createDirectory(directory.resolve("data")), service);
        outside = Files.createDirectory(directory.resolve("outside"));
        Files.writeString(outside.resolve("secret"), "root's");
    }

    private static String owner(Path file) throws IOException {
        return Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .owner()
                .getName();
    }

    private void assertOutsideIsRoots() throws IOException {
        for (Path file : List.of(directory, outside, outside.resolve("secret"))) {
            assertThat(owner(file)).as(file.toString()).isEqualTo("root");
        }
    }

    @Test
    void givesATreeAndFollowsNoLink() throws IOException {
        Path deep = Files.createDirectories(data.resolve("a/b"));
        Path file = Files.writeString(deep.resolve("file"), "x");
        Files.createSymbolicLink(deep.resolve("to-file"), outside.resolve("secret"));
        Files.createSymbolicLink(deep.resolve("to-directory"), outside);
        Files.createSymbolicLink(deep.resolve("to-nothing"), outside.resolve("none"));
        Ownership.like(data, data);
        for (Path given : List.of(data.resolve("a"), deep, file)) {
            assertThat(owner(given)).as(given.toString()).isEqualTo(SERVICE);
        }
        assertOutsideIsRoots();
    }

    @Test
    void givesAFileAndWhatLeadsToItAndNothingBesideIt() throws IOException {
        Path deep = Files.createDirectories(data.resolve("a/b"));
        Path file = Files.writeString(deep.resolve("file"), "x");
        Path beside = Files.writeString(deep.resolve("beside"), "x");
        Ownership.below(data, file, "daemon");
        assertThat(owner(file)).as("it is another user's directory").isEqualTo("root");
        Ownership.below(outside, outside.resolve("secret"), "root");
        Ownership.below(data, file, SERVICE);
        for (Path given : List.of(data.resolve("a"), deep, file)) {
            assertThat(owner(given)).as(given.toString()).isEqualTo(SERVICE);
        }
        assertThat(owner(beside)).isEqualTo("root");
        Files.createSymbolicLink(data.resolve("link"), outside);
        assertThat(org.assertj.core.api.Assertions.catchThrowable(
                        () -> Ownership.below(data, data.resolve("link/secret"), SERVICE)))
                .isInstanceOf(IOException.class);
        assertOutsideIsRoots();
    }

    /** The name of a file that is being written can be told before. */
    @Test
    void writesNowhereElseThroughALink() throws IOException {
        Files.createSymbolicLink(data.resolve(".b.zip.llmproxy-part"), outside.resolve("secret"));
        assertThat(org.assertj.core.api.Assertions.catchThrowable(
                        () -> NewFile.write(data.resolve("b.zip"), out -> true)))
                .hasMessageContaining("b.zip");
        assertThat(outside.resolve("secret")).hasContent("root's");
        try (TestAppliance appliance = TestAppliance.start()) {
            assertThat(create(appliance, data.resolve("b.zip").toString())).isEqualTo(1);
            assertThat(outside.resolve("secret")).hasContent("root's");

            // what the service could not list, delete or write beside
            Path backups = data.resolve("backups/more");
            assertThat(create(appliance, "--directory", backups.toString())).isZero();
            Ownership.like(outside, outside);
            assertThat(owner(data.resolve("backups"))).isEqualTo(SERVICE);
            assertThat(owner(backups)).isEqualTo(SERVICE);
            try (var files = Files.list(backups)) {
                assertThat(owner(files.findFirst().orElseThrow())).isEqualTo(SERVICE);
            }
            // root's own place stays its own
            assertThat(create(
                            appliance, "--directory", outside.resolve("backups").toString()))
                    .isZero();
            assertThat(owner(outside.resolve("backups"))).isEqualTo("root");
        }
    }

    private int create(TestAppliance appliance, String... options) {
        List<String> line = new ArrayList<>(
                List.of("--socket", appliance.appliance().socket().toString(), "backup", "create"));
        line.addAll(List.of(options));
        PrintStream said = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        return CtlInDirectory.run(
                directory, line.toArray(String[]::new), Map.of(), said, said, InputStream.nullInputStream(), SERVICE);
    }
}
