package io.llmproxy.cli;

/** The version of this program, as its jar says it. */
final class ClientVersion {
    private ClientVersion() {}

    static String text() {
        String version = ClientVersion.class.getPackage().getImplementationVersion();
        return version == null ? "(unpacked build)" : version;
    }
}
