// SPDX-License-Identifier: Apache-2.0
/**
 * The library interfaces as requests and answers: each adapter turns a call into a
 * {@link org.xenjava.toolstack.trace.format.Request} and hands it to a
 * {@link org.xenjava.toolstack.trace.call.CallChannel}. Recorder and replay share the adapters and differ in the channel.
 */
@NullMarked
package org.xenjava.toolstack.trace.call;

import org.jspecify.annotations.NullMarked;
