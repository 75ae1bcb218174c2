// SPDX-License-Identifier: Apache-2.0
/**
 * Saves a domain: suspends the guest, writes memory, vCPU state and HVM parameters to a stream, and lets the guest run
 * again if it is to stay. {@link org.xenjava.toolstack.save.DomainSaver} writes the stream; {@code .create} restores it.
 */
@NullMarked
package org.xenjava.toolstack.save;

import org.jspecify.annotations.NullMarked;
