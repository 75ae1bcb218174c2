// SPDX-License-Identifier: Apache-2.0
/**
 * A JUnit extension (5.14 and later, 6) for tests of programs that embed the toolstack. Each test gets a new simulated
 * Xen host with a toolstack, can let any call fail or kill the process, and can require that nothing is left behind.
 * {@link org.xenjava.toolstack.junit.TinyKernel} is a kernel for guests' configurations. Tests need neither Xen nor root.
 *
 * <pre>{@code
 * @SimulatedHost(freeMemoryMib = 1024)
 * @LeavesNothingBehind
 * class MyServiceTest {
 *     private final DomainConfig guest =
 *             DomainConfig.builder("web").kernel(TinyKernel.file()).memoryMib(64).maxMemoryMib(128).build();
 *
 *     @Test
 *     void aGuestThatDoesNotStartIsReported(Toolstack toolstack, FaultInjection faults) {
 *         faults.inject(Fault.nthOf("xs_introduce_domain", 1, Errno.EIO));
 *         assertThrows(XenStoreException.class, () -> new MyService(toolstack).start(guest));
 *     }
 *
 *     @Test
 *     void aNewProcessCleansUpAfterAKilledOne(ToolstackProcess process) {
 *         process.faults().inject(Fault.processKilled(100));
 *         assertThrows(ProcessKilled.class, () -> new MyService(process.toolstack()).start(guest));
 *         assertTrue(process.successor().toolstack().find("web").isEmpty());
 *     }
 * }
 * }</pre>
 */
@NullMarked
package org.xenjava.toolstack.junit;

import org.jspecify.annotations.NullMarked;
