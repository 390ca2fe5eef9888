"""The example request of Huawei IoTDA's page "Create a Product", through huaweicloudsdkiotda."""

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkiotda.v5 import (
    AddProduct,
    CreateProductRequest,
    IoTDAClient,
    ServiceCapability,
    ServiceCommand,
    ServiceCommandPara,
    ServiceCommandResponse,
    ServiceProperty,
)
from where import URL, credentials, show

c = credentials()
keys = BasicCredentials(c["access_key"], c["secret_key"], c["huawei"]["project_id"])
client = IoTDAClient.new_builder().with_credentials(keys).with_endpoint(URL).build()

force = ServiceCommandPara(
    para_name="force",
    data_type="string",
    required=False,
    min="1",
    max="100",
    max_length=100,
    step=0.1,
    unit="km/h",
    description="force",
)
temperature = ServiceProperty(
    property_name="temperature",
    data_type="decimal",
    required=True,
    min="1",
    max="100",
    max_length=100,
    step=0.1,
    unit="centigrade",
    method="RW",
    description="force",
    default_value={"color": "red", "size": 1},
)
reboot = ServiceCommand(
    command_name="reboot",
    paras=[force],
    responses=[ServiceCommandResponse(response_name="ACK", paras=[force])],
)
answer = client.create_product(
    CreateProductRequest(
        body=AddProduct(
            product_id="5ba24f5ebbe8f56f5a14f605",
            name="Thermometer.",
            device_type="Thermometer.",
            protocol_type="MQTT",
            data_format="json",
            service_capabilities=[
                ServiceCapability(
                    service_id="Temperature.",
                    service_type="temperature",
                    properties=[temperature],
                    commands=[reboot],
                    description="temperature",
                    option="Mandatory",
                )
            ],
            manufacturer_name="ABC",
            industry="smartCity",
            description="this is a thermometer produced by Huawei",
            app_id=c["iotda"]["app_id"],
        )
    )
)
show(answer.to_json_object())
