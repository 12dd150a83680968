package io.llmproxy.adapter.systemd;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells systemd how the service is, by sd_notify(3): one datagram to the socket that {@code NOTIFY_SOCKET} names. Does
 * nothing where it is not set; a failure is logged and stops nothing.
 */
public final class SdNotify {
    private static final Logger LOG = System.getLogger(SdNotify.class.getName());

    private final @Nullable String socket;

    /** @param environment of the process */
    public SdNotify(Map<String, String> environment) {
        String name = environment.get("NOTIFY_SOCKET");
        this.socket = name == null || name.isEmpty() ? null : name;
    }

    /** Whether somebody listens. */
    public boolean listening() {
        return socket != null;
    }

    /** The service serves. */
    public void ready(String status) {
        send("READY=1\n" + statusLine(status));
    }

    /** The service began to shut down. */
    public void stopping() {
        send("STOPPING=1");
    }

    /** What {@code systemctl status} shows. */
    public void status(String text) {
        send(statusLine(text));
    }

    // a line feed would begin another assignment
    private static String statusLine(String text) {
        return "STATUS=" + text.replaceAll("\\p{Cntrl}", " ");
    }

    private void send(String state) {
        String name = socket;
        if (name == null) {
            return;
        }
        try {
            UnixDatagram.send(name, state);
        } catch (IOException | RuntimeException | LinkageError e) {
            LOG.log(Level.WARNING, "systemd could not be told of the service's state by NOTIFY_SOCKET " + name, e);
        }
    }
}
