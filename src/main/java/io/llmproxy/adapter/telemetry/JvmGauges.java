package io.llmproxy.adapter.telemetry;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.List;
import java.util.function.ToLongFunction;

/** What the Java virtual machine says of itself: memory, threads, collections, processor time, uptime. */
final class JvmGauges {
    private JvmGauges() {}

    static void register(HelidonTelemetry telemetry) {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        telemetry.gauge(
                "llmproxy_jvm_heap_used_bytes",
                "Heap in use",
                () -> memory.getHeapMemoryUsage().getUsed());
        telemetry.gauge(
                "llmproxy_jvm_heap_max_bytes",
                "Heap at most",
                () -> memory.getHeapMemoryUsage().getMax());
        telemetry.gauge(
                "llmproxy_jvm_threads",
                "Platform threads",
                () -> ManagementFactory.getThreadMXBean().getThreadCount());
        telemetry.counter(
                "llmproxy_jvm_gc_collections_total",
                "Collections since the start",
                () -> sum(GarbageCollectorMXBean::getCollectionCount));
        telemetry.counter(
                "llmproxy_jvm_gc_seconds_total",
                "Time spent in collections since the start",
                () -> sum(GarbageCollectorMXBean::getCollectionTime) / 1000.0);
        telemetry.gauge(
                "llmproxy_process_uptime_seconds",
                "Since the start",
                () -> ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0);
        telemetry.gauge(
                "llmproxy_jvm_non_heap_used_bytes",
                "Memory of classes and compiled code",
                () -> memory.getNonHeapMemoryUsage().getUsed());
        telemetry.gauge("llmproxy_jvm_direct_memory_bytes", "Buffers outside the heap", JvmGauges::directMemory);
        telemetry.gauge("llmproxy_process_open_files", "Open files and sockets", () -> files()[0]);
        telemetry.gauge("llmproxy_process_max_files", "Open files and sockets at most", () -> files()[1]);
        telemetry.counter(
                "llmproxy_process_cpu_seconds_total", "Processor time used since the start", JvmGauges::cpuSeconds);
    }

    private static long sum(ToLongFunction<GarbageCollectorMXBean> figure) {
        List<GarbageCollectorMXBean> collectors = ManagementFactory.getGarbageCollectorMXBeans();
        return collectors.stream().mapToLong(figure).filter(n -> n > 0).sum();
    }

    private static long directMemory() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    /** Open ones and how many there may be; zeros where the system does not tell. */
    private static long[] files() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? new long[] {unix.getOpenFileDescriptorCount(), unix.getMaxFileDescriptorCount()}
                : new long[2];
    }

    private static double cpuSeconds() {
        return ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .map(d -> d.toNanos() / 1e9)
                .orElse(0.0);
    }
}
