// SPDX-License-Identifier: Apache-2.0
/**
 * For the tests of programs that embed the toolstack: a JUnit 5 extension that gives each test a fresh simulated Xen
 * host with a toolstack on it, lets any call fail or the process die, and sees whether something was left behind.
 * {@link org.xenjava.toolstack.junit.TinyKernel} is the kernel that a guest's configuration needs. No Xen, no root.
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
 *     void whatADeadServiceHasBegunIsCleanedUpByTheNext(ToolstackProcess process) {
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
