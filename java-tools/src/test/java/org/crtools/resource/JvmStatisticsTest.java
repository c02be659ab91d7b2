// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.crtools.image.ByteString;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which files are a JVM's to remove, so that a copy takes their place. All others must stay what they are. */
class JvmStatisticsTest {
    @ParameterizedTest
    @ValueSource(strings = {"/tmp/hsperfdata_root/812", "/srv/root/tmp/hsperfdata_some user/1"})
    void isOne(String path) {
        assertTrue(JvmStatistics.isAt(ByteString.of(path)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/home/user/hsperfdata_user/812",
                "/tmp/hsperfdata_root/812.data",
                "/tmp/hsperfdata_root/",
                "/tmp/hsperfdata_root/812 (deleted)",
                "/tmp/hsperfdata_root/x/812",
                "/var-tmp/hsperfdata_root/812"
            })
    void isNone(String path) {
        assertFalse(JvmStatistics.isAt(ByteString.of(path)));
    }
}
